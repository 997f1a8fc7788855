import type { Database } from '../postgres/database.js';
import { withStatementTimeout } from '../postgres/statement-timeout.js';
import { countBlocks, type BlockCount } from './sql/count-blocks.js';
import { sampleBlocks } from './sql/sample-blocks.js';
import type { BlocksTable } from './table.js';

export interface Tally {
  readonly counts: readonly BlockCount[];
  /** Whether the counts are extrapolated from a sample. */
  readonly estimated: boolean;
}

/** Counts the blocks by status and type; estimates the counts if that takes longer than the limit. */
export async function countOrEstimate(db: Database, table: BlocksTable, limitMs: number): Promise<Tally> {
  const counts = await withStatementTimeout(db, limitMs, (tx) => countBlocks(tx, table));
  if (counts !== undefined) return { counts, estimated: false };
  return { counts: await sampleBlocks(db, table), estimated: true };
}
