/** The exit status of a command that was interrupted (128 + SIGINT). */
export const INTERRUPTED = 130;
/**
 * A SIGTERM to a whole process group, as systemd and `timeout` send it, reaches us twice: on its own and passed on by the
 * yarn that started us, 20 ms later (measured). No hand is as quick.
 */
const ECHO_MS = 150;

export interface InterruptionOptions {
  /** SIGINT and SIGTERM where nothing else is said. */
  readonly signals?: readonly NodeJS.Signals[];
  /** Called at the first signal, before the abort signal is aborted. */
  readonly onFirst?: (signal: NodeJS.Signals) => void;
  /** Called when the user insists; ends the process, with the status 130 where nothing else is said. */
  readonly onSecond?: (signal: NodeJS.Signals) => never;
}

/** The signals that end a process, as an abort signal, until it is closed. */
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
    } else if (nowMs - this.#firstMs > ECHO_MS) {
      (this.#options.onSecond ?? exitInterrupted)(signal);
    }
  };
}

const exitInterrupted = (): never => process.exit(INTERRUPTED);
