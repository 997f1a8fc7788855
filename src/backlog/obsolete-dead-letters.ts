import { isBlockId } from '../blocks/block-id.js';
import type { Blocks } from '../blocks/blocks.js';
import type { Queryable } from '../postgres/database.js';
import type { EmbedQueue } from '../queue/embed-queue.js';
import type { DeadLetterKey } from '../queue/sql/find-dead-letters.js';

/**
 * Deletes the dead letters of blocks that are not in `error` (stored since, requeued, or gone), and all but the newest of
 * each block in `error`. Dead letters are read before their blocks, so that of a later failure is never deleted.
 *
 * @param page one page of dead letters
 * @returns how many
 */
export async function deleteObsoleteDeadLetters(
  db: Queryable,
  queue: EmbedQueue,
  blocks: Blocks,
  page: readonly DeadLetterKey[],
): Promise<number> {
  const keys = [...new Set(page.map(({ blockId }) => blockId))].filter((id) => isBlockId(id, blocks.table.idType));
  const statuses = await blocks.statusOf(db, keys);
  const inError = new Set(keys.filter((_, i) => statuses[i]?.status === 'error'));
  const obsolete = page.filter(({ blockId }, i) => !inError.has(blockId) || page[i - 1]?.blockId === blockId);
  await queue.deadLetters.delete(obsolete.map(({ jobId }) => jobId));
  return obsolete.length;
}
