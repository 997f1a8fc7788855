import { WorkerError } from '../errors.js';

/** Ollama could not answer, or answered that it cannot now: first taken for an outage, not for the text's fault. */
export class OllamaUnavailableError extends WorkerError {}

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
