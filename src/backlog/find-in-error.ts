import { isBlockId } from '../blocks/block-id.js';
import type { Blocks } from '../blocks/blocks.js';
import type { Database } from '../postgres/database.js';
import type { QueueNames } from '../queue/queue-names.js';
import { findDeadLetterKeys } from '../queue/sql/find-dead-letter-keys.js';

/** Ids read at once. */
const PAGE = 1_000;

/**
 * The ids of all blocks in `error`, however large the table: first those that have a dead letter, then the others by an index
 * on the status or in slices of the table. An id may come twice.
 */
export async function* findInError(
  database: Database,
  names: QueueNames,
  blocks: Blocks,
): AsyncGenerator<readonly string[], void, undefined> {
  const { table } = blocks;
  let after: string | null = null;
  do {
    const keys: string[] = await findDeadLetterKeys(database, names, { after, limit: PAGE });
    after = keys.length < PAGE ? null : (keys.at(-1) ?? null);
    const statuses = await blocks.statusOf(
      database,
      keys.filter((key) => isBlockId(key, table.idType)),
    );
    yield statuses.filter(({ status }) => status === 'error').map(({ id }) => id);
  } while (after !== null);
  const throughIndex = await blocks.hasIndexFor(['error']);
  for await (const { rows } of blocks.find(['error'], { throughIndex })) yield rows.map(({ id }) => id);
}
