import type { Client, Dispatcher } from 'undici';

export interface Answer {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly bytes: Buffer<ArrayBuffer>;
}

/**
 * Sends one request and reads all of its answer, whatever the status. undici's own `request` hears of an abort once it is
 * connected, or has given that up after 10 s.
 *
 * @throws the signal's reason at once, even while a connection is still being made; the client's errors
 */
export async function exchange(
  client: Client,
  request: Dispatcher.DispatchOptions,
  signal: AbortSignal,
): Promise<Answer> {
  signal.throwIfAborted();
  const reading = new Reading(signal);
  signal.addEventListener('abort', reading.hangUp, { once: true });
  try {
    client.dispatch(request, reading);
    return await reading.answer;
  } finally {
    signal.removeEventListener('abort', reading.hangUp);
  }
}

/** An answer that comes. What comes after it was settled is ignored. */
class Reading implements Dispatcher.DispatchHandler {
  readonly #signal: AbortSignal;
  readonly #settled = Promise.withResolvers<Answer>();
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: Answer['headers'] = {};

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  get answer(): Promise<Answer> {
    return this.#settled.promise;
  }

  readonly hangUp = (): void => {
    const reason = this.#signal.reason as Error;
    this.#settled.reject(reason);
    this.#controller?.abort(reason); // there is none before it is connected
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal.aborted) this.hangUp();
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Answer['headers']): void {
    if (status < 200) return; // informational: the answer comes after it
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#settled.resolve({ status: this.#status, headers: this.#headers, bytes: Buffer.concat(this.#chunks) });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#settled.reject(error);
  }
}
