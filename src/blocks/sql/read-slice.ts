import type { Queryable } from '../../postgres/database.js';
import { hasStatusSql, PENDING } from '../status.js';
import type { BlocksTable } from '../table.js';

/**
 * What a sweep looks for: blocks that wait for a job, blocks that a crashed worker may have left, and skipped blocks with a
 * vector; and what `retry --all` does: blocks in `error`.
 */
export type Finding = 'pending' | 'processing' | 'stale-vector' | 'error';

export interface FoundInSlice {
  readonly id: string;
  readonly finding: Finding;
}

/** The blocks after an id, in order of their ids. */
export interface BlockRange {
  /** The last id of the previous slice; null for the first slice. */
  readonly after: string | null;
  /** The maximum number of blocks found. */
  readonly limit: number;
}

/**
 * The blocks of a range with one of the findings, in order of their ids. If it finds fewer than `limit`, it has reached the
 * end of the table. All findings come from one read of the table.
 *
 * @param findings at least one
 */
export async function readSlice(
  db: Queryable,
  table: BlocksTable,
  { after, limit }: BlockRange,
  findings: readonly Finding[],
): Promise<FoundInSlice[]> {
  const conditions = conditionsOf(table);
  const wanted = findings.map((finding) => conditions[finding]);
  const cases = findings.map((finding) => `WHEN ${conditions[finding]} THEN '${finding}'`);
  return await db.query<FoundInSlice>(
    `SELECT b.${table.id}::text AS id, CASE ${cases.join(' ')} END AS finding
  FROM ${table.blocks} b
 WHERE (${wanted.join(' OR ')}) AND ($1::text IS NULL OR b.${table.id} > $1::text::${table.idType})
 ORDER BY b.${table.id} LIMIT $2`,
    [after, limit],
  );
}

function conditionsOf({ status, embedding }: BlocksTable): Readonly<Record<Finding, string>> {
  return {
    pending: hasStatusSql(`b.${status}`, PENDING),
    processing: hasStatusSql(`b.${status}`, ['processing']),
    error: hasStatusSql(`b.${status}`, ['error']),
    'stale-vector': `(b.${status} = 'skipped' AND b.${embedding} IS NOT NULL)`,
  };
}
