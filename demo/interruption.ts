import { constants } from 'node:os';
import process from 'node:process';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What the demo must know of being interrupted. */
export interface Interruptible {
  /** Aborted when it is. */
  readonly signal: AbortSignal;
  /** What stays behind after an end at once, for people. */
  leftBehind: string;
}

/** Ends the demo in good order at the first signal, at once at the second. */
export class Interruption implements Interruptible {
  readonly #controller = new AbortController();
  #status = 0;
  leftBehind = '';

  constructor() {
    for (const name of SIGNALS) {
      process.on(name, () => {
        const status = 128 + constants.signals[name];
        if (this.signal.aborted) {
          process.stderr.write(`\nEnding at once.${this.leftBehind}\n`);
          process.exit(status);
        }
        this.#end(status);
      });
    }
    // Nobody reads on, as with `npm run demo | head`.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      this.#end(128 + constants.signals.SIGPIPE);
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** As a shell gives it: 128 + the number of the signal; 0 while there was none. */
  get exitStatus(): number {
    return this.#status;
  }

  #end(status: number): void {
    if (this.signal.aborted) return;
    this.#status = status;
    this.#controller.abort(new Error('interrupted'));
  }
}
