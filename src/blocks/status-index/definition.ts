import { buildIndexes, nameEnding, type IndexPlan } from '../index-sql.js';
import { readTakenNames, type BlocksIndex } from '../sql/read-indexes.js';
import type { Queryable } from '../../postgres/database.js';
import type { BlocksTable } from '../table.js';

/**
 * The status index: it holds only the blocks that a sweep looks for, in the order in which a sweep reads them. A sweep that
 * uses it takes the same time whatever the size of the table.
 */
function definitionSql({ status, id, embedding }: BlocksTable): string {
  return `(${status}, ${id}) WHERE ${status} IS NULL OR ${status} IN ('pending', 'processing', 'error') OR (${status} = 'skipped' AND ${embedding} IS NOT NULL)`;
}

/** The statements that create the status index on every table of blocks that lacks it, without blocking writes. */
export async function createStatusIndexSql(
  db: Queryable,
  table: BlocksTable,
  { relations, indexes }: Pick<IndexPlan, 'relations' | 'indexes'>,
  isComplete: (index: BlocksIndex) => boolean,
): Promise<string[]> {
  const nameEnd = nameEnding(table.columns.status);
  const { id, status } = table.columns;
  const isOurs = (index: BlocksIndex) => index.keys.join() === [status, id].join() && isComplete(index);
  return buildIndexes({
    definition: definitionSql(table),
    nameEnd,
    relations,
    indexes,
    suffices: isComplete,
    isAttachable: isOurs,
    taken: await readTakenNames(db, nameEnd),
  });
}
