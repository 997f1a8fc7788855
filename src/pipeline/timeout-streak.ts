import { errorCode } from '../base/errors.js';
import type { EmbedJob } from '../queue/job.js';

/** Recognizes timeouts that are not one block's fault: the same error for two blocks in a row, each tried alone. */
export class TimeoutStreak {
  #last: { readonly blockId: string; readonly code: string | undefined } | undefined;

  /** @returns whether another block failed alone in the same way just before, with no success in between */
  isRepeated({ data: { blockId } }: EmbedJob, error: unknown): boolean {
    const last = this.#last;
    this.#last = { blockId, code: errorCode(error) };
    return last !== undefined && last.blockId !== blockId && last.code === this.#last.code;
  }

  succeeded(): void {
    this.#last = undefined;
  }
}
