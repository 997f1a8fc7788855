import { WorkerError, type WorkerErrorOptions } from '../base/errors.js';

export interface UnavailableOptions extends WorkerErrorOptions {
  readonly inputMayBeAtFault: boolean;
  readonly retryAfterMs?: number | undefined;
}

/** The server did not answer, or answered that it cannot embed now. Treated as an outage first, not as the text's fault. */
export class ProviderUnavailableError extends WorkerError {
  /** Whether a text may be the cause. A text can crash the model, but it cannot refuse a connection. */
  readonly inputMayBeAtFault: boolean;
  /** How long the server asked us to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, { inputMayBeAtFault, retryAfterMs, ...options }: UnavailableOptions) {
    super(code, message, options);
    this.inputMayBeAtFault = inputMayBeAtFault;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The server cannot embed until someone changes something: a missing model, credentials, another address. */
export class ProviderMisconfiguredError extends WorkerError {}

/** The server rejected this text, or returned no usable vector for it. */
export class TextRejectedError extends WorkerError {}

/** The text is longer than the model's context. */
export class TextTooLongError extends TextRejectedError {}

/** A text used up the job's time, although the server embedded a known-good text. */
export class TookTooLongError extends WorkerError {
  constructor() {
    super('TOOK_TOO_LONG', "embedding took longer than the job's time limit");
  }
}

/** This process is shutting down and sends no more requests. */
export class DrainingError extends WorkerError {
  constructor() {
    super('DRAINING', 'the worker is shutting down; the text was not sent');
  }
}

export type ProviderError = ProviderUnavailableError | ProviderMisconfiguredError | TextRejectedError;

export function isProviderError(error: unknown): error is ProviderError {
  return (
    error instanceof ProviderUnavailableError ||
    error instanceof ProviderMisconfiguredError ||
    error instanceof TextRejectedError
  );
}

/** Whether a text that was sent may be the cause of an error. */
export function inputMayBeAtFault(error: ProviderError): boolean {
  return error instanceof ProviderUnavailableError ? error.inputMayBeAtFault : error instanceof TextRejectedError;
}

/** The error as the text's own, once the text is known to be at fault. */
export function asRejection(error: ProviderError): TextRejectedError {
  if (error instanceof TextRejectedError) return error;
  const { code, message, fix } = error;
  return new TextRejectedError(code, message, { fix });
}
