/**
 * The one base of all errors this program raises itself: a stable `code` for machines, a message for people that
 * says what happened, to what, and what to do. Messages hold neither secrets nor the text of a block.
 */
export class WorkerError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** What the operator gave us cannot work: a variable, an option, a database without what we need. Exit status 2. */
export class ConfigurationError extends WorkerError {}

/** The code of an error of ours, of Node or of PostgreSQL, where it has one. */
export function errorCode(error: unknown): string | undefined {
  const hasCode = typeof error === 'object' && error !== null && 'code' in error;
  return hasCode && typeof error.code === 'string' ? error.code : undefined;
}
