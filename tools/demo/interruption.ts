import { constants } from 'node:os';
import process from 'node:process';
import type { Writable } from 'node:stream';
import { Interruption } from '../../src/terminal/interruption.js';

/** What the demo must know of being interrupted. */
export interface Interruptible {
  /** Aborted when it is. */
  readonly signal: AbortSignal;
  /** What stays behind after an end at once, for people. */
  leftBehind: string;
}

/** Ends the demo in good order at the first signal, or when nobody reads on; at once at the next signal. */
export class DemoInterruption implements Interruptible {
  readonly #controller = new AbortController();
  readonly #signals: Interruption;
  #status = 0;
  readonly #output: Writable;
  leftBehind = '';

  constructor(output: Writable = process.stdout) {
    this.#output = output;
    this.#signals = new Interruption({
      signals: ['SIGINT', 'SIGTERM', 'SIGHUP'],
      onFirst: (name) => {
        if (this.signal.aborted) this.#endAtOnce(name);
        this.#end(statusOf(name));
      },
      onSecond: (name) => this.#endAtOnce(name),
    });
    output.on('error', this.#onOutputError);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** As a shell gives it: 128 + the number of the signal; 0 while there was none. */
  get exitStatus(): number {
    return this.#status;
  }

  close(): void {
    this.#signals.close();
    this.#output.off('error', this.#onOutputError);
  }

  /** Nobody reads on, as with `npm run demo | head`. */
  readonly #onOutputError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    this.#end(statusOf('SIGPIPE'));
  };

  #endAtOnce(signal: NodeJS.Signals): never {
    process.stderr.write(`\nEnding at once.${this.leftBehind}\n`);
    process.exit(statusOf(signal));
  }

  #end(status: number): void {
    if (this.signal.aborted) return;
    this.#status = status;
    this.#controller.abort(new Error('interrupted'));
  }
}

function statusOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
