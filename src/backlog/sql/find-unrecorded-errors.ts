import type { TablePart } from '../../blocks/table-part.js';
import type { BlocksTable } from '../../blocks/table.js';
import type { Queryable } from '../../postgres/database.js';
import { deadLetterOf } from '../../queue/sql/dead-letter-of.js';
import type { QueueNames } from '../../queue/queue-names.js';

/** Blocks in `error` without a dead letter, in a part of the table. */
export interface UnrecordedErrors {
  readonly count: number;
  /** The first of them, in order. */
  readonly ids: readonly string[];
}

/**
 * Looks up the dead letter of each block in `error` by its key.
 *
 * @param names null if there is no queue yet: then no block has a dead letter
 * @param page `limit` null: all ids
 */
export async function findUnrecordedErrors(
  db: Queryable,
  names: QueueNames | null,
  table: BlocksTable,
  part: TablePart,
  { after, limit }: { readonly after: string | null; readonly limit: number | null },
): Promise<UnrecordedErrors> {
  const parameter = (place: number) => `$${part.values.length + place}`;
  const afterId = `${parameter(1)}::text`;
  // Without OFFSET it could become a join that reads all dead letters.
  const unrecorded =
    names === null ? '' : `AND NOT EXISTS (SELECT FROM ${deadLetterOf(names, `b.${table.id}::text`)} d OFFSET 0)`;
  const [found] = await db.query<UnrecordedErrors>(
    `WITH unrecorded AS MATERIALIZED (
  SELECT b.${table.id} AS id FROM ${part.from} WHERE ${part.where} AND b.${table.status} = 'error' ${unrecorded}
)
SELECT (SELECT count(*) FROM unrecorded)::float8 AS count,
       ARRAY(SELECT id::text FROM unrecorded WHERE ${afterId} IS NULL OR unrecorded.id > ${afterId}::${table.idType}
              ORDER BY unrecorded.id LIMIT ${parameter(2)}) AS ids`,
    [...part.values, after, limit],
  );
  return found ?? { count: 0, ids: [] };
}
