export interface WorkerErrorOptions extends ErrorOptions {
  /** How to fix it: statements, commands or variables, one per line. SQL ends with a semicolon, ready for psql. */
  readonly fix?: string | undefined;
}

/**
 * Base of all errors that this program raises itself: a stable `code` for machines, a message for people that says what
 * happened and to what, and a `fix` if there is one. No error contains a secret or the text of a block. Startup, `doctor`
 * and the log print the same message and the same fix.
 */
export class WorkerError extends Error {
  readonly code: string;
  readonly fix: string | undefined;

  constructor(code: string, message: string, { fix, ...options }: WorkerErrorOptions = {}) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.fix = fix;
  }
}

/** The operator must change something: a variable, an option, or a database that lacks what we need. Exit status 2. */
export class ConfigurationError extends WorkerError {}

/** The code of an error from this program, Node or PostgreSQL; undefined if it has none. */
export function errorCode(error: unknown): string | undefined {
  const hasCode = typeof error === 'object' && error !== null && 'code' in error;
  return hasCode && typeof error.code === 'string' ? error.code : undefined;
}
