import { constants } from 'node:os';
import process from 'node:process';
import type { Writable } from 'node:stream';
import { Interruption } from '../../src/terminal/interruption.js';

/** What the demo needs to know about an interruption. */
export interface Interruptible {
  /** Aborts when the demo is interrupted. */
  readonly signal: AbortSignal;
  /** Shown to the user when the demo ends at once: what it leaves behind. */
  leftBehind: string;
}

/** Ends the demo cleanly at the first signal, or when its output is closed, and at once at the second signal. */
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

  /** As a shell reports it: 128 + the number of the signal; 0 without an interruption. */
  get exitStatus(): number {
    return this.#status;
  }

  close(): void {
    this.#signals.close();
    this.#output.off('error', this.#onOutputError);
  }

  /** The output is closed, as with `npm run demo | head`. */
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
