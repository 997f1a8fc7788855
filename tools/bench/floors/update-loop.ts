import { deterministicVector } from '../../stand-in/deterministic-brain.js';
import type { TestDatabase } from '../../../test/support/test-database.js';
import { withVectorStore } from './vector-store.js';

/**
 * The floor of the write-path scenario: stores vectors over several connections and does nothing else.
 *
 * @returns vectors per second
 */
export async function updateLoop(
  db: TestDatabase,
  ids: readonly string[],
  connections: number,
  batchSize: number,
): Promise<number> {
  return await withVectorStore(db, connections, async ({ pool, store }) => {
    let next = 0;
    const loop = async () => {
      for (let from = next; from < ids.length; from = next) {
        next = from + batchSize;
        const batch = ids.slice(from, from + batchSize);
        await store(
          pool,
          batch,
          batch.map((id) => deterministicVector(`floor ${id}`, 768)),
        );
      }
    };
    const started = performance.now();
    await Promise.all(Array.from({ length: connections }, loop));
    return ids.length / ((performance.now() - started) / 1000);
  });
}
