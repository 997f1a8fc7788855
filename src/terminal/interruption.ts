/** The exit status of a command that was interrupted (128 + SIGINT). */
export const INTERRUPTED = 130;
/**
 * systemd and `timeout` send SIGTERM to the whole process group. It then reaches us twice: directly, and 20 ms later
 * (measured) from the yarn process that started us. No user repeats a signal this quickly.
 */
const DUPLICATE_SIGNAL_MS = 150;

export interface InterruptionOptions {
  /** Default: SIGINT and SIGTERM. */
  readonly signals?: readonly NodeJS.Signals[];
  /** Called on the first signal, before the abort signal is aborted. */
  readonly onFirst?: (signal: NodeJS.Signals) => void;
  /** Called on a second signal, and ends the process. Default: exit with status 130. */
  readonly onSecond?: (signal: NodeJS.Signals) => never;
}

/** Turns the signals that end a process into an abort signal, until it is closed. */
export class Interruption {
  readonly #options: InterruptionOptions;
  readonly #signals: readonly NodeJS.Signals[];
  readonly #aborted = new AbortController();
  #firstMs = 0;

  constructor(options: InterruptionOptions = {}) {
    this.#options = options;
    this.#signals = options.signals ?? ['SIGINT', 'SIGTERM'];
    for (const signal of this.#signals) process.on(signal, this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#aborted.signal;
  }

  close(): void {
    for (const signal of this.#signals) process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now();
    if (!this.signal.aborted) {
      this.#firstMs = nowMs;
      this.#options.onFirst?.(signal);
      this.#aborted.abort();
    } else if (nowMs - this.#firstMs > DUPLICATE_SIGNAL_MS) {
      (this.#options.onSecond ?? exitInterrupted)(signal);
    }
  };
}

const exitInterrupted = (): never => process.exit(INTERRUPTED);
