import type { BlockStatus } from '../blocks/status.js';
import type { Blocks } from '../blocks/blocks.js';
import type { Queryable } from '../postgres/database.js';

/** Asking for all 10,000 that a queue may hold in one statement took 20 MB more. */
const PAGE = 1_000;

/** How the followed blocks ended. */
export type Results = Readonly<Record<Extract<BlockStatus, 'completed' | 'skipped' | 'error'> | 'gone', number>>;

/**
 * The blocks of a run that have not ended. The run enqueues no more than the queue may hold, so there are never more of
 * them than live jobs, however many blocks it finds.
 */
export class Outstanding {
  readonly #ids = new Set<string>();
  readonly #results = { completed: 0, skipped: 0, error: 0, gone: 0 };

  get size(): number {
    return this.#ids.size;
  }

  get results(): Results {
    return this.#results;
  }

  /** The number of blocks that have ended. */
  get ended(): number {
    const { completed, skipped, error, gone } = this.#results;
    return completed + skipped + error + gone;
  }

  add(ids: readonly string[]): void {
    for (const id of ids) this.#ids.add(id);
  }

  /** Finds out which of them have ended. @returns how many */
  async poll(db: Queryable, blocks: Blocks): Promise<number> {
    const before = this.ended;
    const asked = [...this.#ids];
    for (let i = 0; i < asked.length; i += PAGE) {
      for (const { id, status } of await blocks.settled(db, asked.slice(i, i + PAGE))) {
        this.#ids.delete(id);
        if (status === 'completed' || status === 'skipped' || status === 'error') this.#results[status] += 1;
        else this.#results.gone += 1;
      }
    }
    return this.ended - before;
  }
}
