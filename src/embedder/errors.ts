import { WorkerError, type WorkerErrorOptions } from '../base/errors.js';

export interface UnavailableOptions extends WorkerErrorOptions {
  readonly inputMayBeAtFault: boolean;
  readonly retryAfterMs?: number | undefined;
}

/** Ollama could not answer, or answered that it cannot now: first taken for an outage, not for the text's fault. */
export class ProviderUnavailableError extends WorkerError {
  /** Whether a text may be the cause: it can crash the model, but not refuse a connection. */
  readonly inputMayBeAtFault: boolean;
  /** How much patience the server asked for. */
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, { inputMayBeAtFault, retryAfterMs, ...options }: UnavailableOptions) {
    super(code, message, options);
    this.inputMayBeAtFault = inputMayBeAtFault;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Ollama cannot do what we ask until someone changes something: a missing model, credentials, another address. */
export class ProviderMisconfiguredError extends WorkerError {}

/** Ollama refused this input, or what it made of it is no vector to store. */
export class TextRejectedError extends WorkerError {}

/** The input is longer than the model's context. */
export class TextTooLongError extends TextRejectedError {}

/** A text took all the time that it had, while the server embedded a text that is known to be good. */
export class TookTooLongError extends WorkerError {
  constructor() {
    super('TOOK_TOO_LONG', 'embedding took longer than a job may be held');
  }
}

/** This process is shutting down and sends nothing more. */
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

/** Whether a text that was sent may be the cause of an error, or certainly is not. */
export function inputMayBeAtFault(error: ProviderError): boolean {
  return error instanceof ProviderUnavailableError ? error.inputMayBeAtFault : error instanceof TextRejectedError;
}
