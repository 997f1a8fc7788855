import { WorkerError } from '../errors.js';

/** Ollama could not answer, or answered that it cannot now: first taken for an outage, not for the text's fault. */
export class OllamaUnavailableError extends WorkerError {
  /** Whether a text may be the cause: it can crash the model, but not refuse a connection. */
  readonly mayBeTheText: boolean;
  /** How much patience the server asked for. */
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, details: { mayBeTheText: boolean; retryAfterMs?: number | undefined }) {
    super(code, message);
    this.mayBeTheText = details.mayBeTheText;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** Ollama cannot do what we ask until someone changes something: a missing model, credentials, another address. */
export class OllamaMisconfiguredError extends WorkerError {}

/** Ollama refused this input, or what it made of it is no vector to store. */
export class TextRejectedError extends WorkerError {}

/** The input is longer than the model's context. */
export class TextTooLongError extends TextRejectedError {}

/** This process is shutting down and sends nothing more. */
export class DrainingError extends WorkerError {
  constructor() {
    super('DRAINING', 'the worker is shutting down; the text was not sent');
  }
}

export type OllamaError = OllamaUnavailableError | OllamaMisconfiguredError | TextRejectedError;

export function isOllamaError(error: unknown): error is OllamaError {
  return (
    error instanceof OllamaUnavailableError ||
    error instanceof OllamaMisconfiguredError ||
    error instanceof TextRejectedError
  );
}

/** Whether a text that was sent may be the cause of an error, or certainly is not. */
export function mayBeTheText(error: OllamaError): boolean {
  return error instanceof OllamaUnavailableError ? error.mayBeTheText : error instanceof TextRejectedError;
}
