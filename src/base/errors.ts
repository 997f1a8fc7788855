export interface WorkerErrorOptions extends ErrorOptions {
  /** What helps: statements, commands or variables, one per line. SQL ends with a semicolon, so that psql takes it. */
  readonly fix?: string | undefined;
}

/**
 * The one base of all errors this program raises itself: a stable `code` for machines, a message for people that says
 * what happened, to what, and a `fix` where there is one. None of them holds a secret or the text of a block. Start-up,
 * `doctor` and the log print the same message and the same fix.
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

/** What the operator gave us cannot work: a variable, an option, a database without what we need. Exit status 2. */
export class ConfigurationError extends WorkerError {}

/** The code of an error of ours, of Node or of PostgreSQL, where it has one. */
export function errorCode(error: unknown): string | undefined {
  const hasCode = typeof error === 'object' && error !== null && 'code' in error;
  return hasCode && typeof error.code === 'string' ? error.code : undefined;
}
