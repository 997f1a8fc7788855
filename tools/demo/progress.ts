import process from 'node:process';
import { Presets, SingleBar } from 'cli-progress';

const PLAIN_LINE_EVERY_MS = 2_000;

/** Shows the progress on stderr: a bar on a terminal, otherwise a line every two seconds. */
export class Progress {
  readonly #bar: SingleBar;

  constructor(total: number) {
    const plain = !process.stderr.isTTY;
    this.#bar = new SingleBar(
      {
        stream: process.stderr,
        format: plain ? '  {value} of {total} blocks' : '  {bar} {value} of {total} blocks',
        barsize: 32,
        hideCursor: true,
        clearOnComplete: true,
        noTTYOutput: true,
        notTTYSchedule: PLAIN_LINE_EVERY_MS,
      },
      Presets.shades_classic,
    );
    this.#bar.start(total, 0);
  }

  update(done: number): void {
    this.#bar.update(done);
  }

  end(): void {
    this.#bar.stop();
  }
}
