import type { Database } from '../../postgres/database.js';
import { createStatusIndexSql } from '../../blocks/status-index/definition.js';
import { diagnoseStatusIndex } from '../../blocks/status-index/diagnose.js';
import { SMALL_BYTES } from '../../blocks/status-index/use.js';
import type { BlocksIndex } from '../../blocks/sql/read-indexes.js';
import type { BlocksRelation } from '../../blocks/sql/read-relations.js';
import type { BlocksTable } from '../../blocks/table.js';
import { number } from '../../terminal/output.js';
import { ifStatusesAccepted } from './if-statuses-accepted.js';
import type { Problem } from './problem.js';

/** From this many rows on, a pass over the whole table takes longer than some edits should wait. */
const MANY_ROWS = 1_000_000;
/** Measured for a status and a bigint: 32 in the order of the ids, 52 in random order. */
const ENTRY_BYTES = 50;
/** A disk's sequential reads. CREATE INDEX CONCURRENTLY reads the table twice. */
const READ_BYTES_PER_SECOND = 100e6;

export interface StatusIndexFindings {
  readonly problems: readonly Problem[];
  /** Indexes that sweeps can use: they stay. */
  readonly kept: readonly BlocksIndex[];
  /** Whether there is a status index, or one is proposed. */
  readonly isWanted: boolean;
  /** What the kept index costs. */
  readonly price: string;
}

/** Whether the sweep has, or should have, the status index. */
export async function findStatusIndex(
  database: Database,
  table: BlocksTable,
  catalogue: { readonly indexes: readonly BlocksIndex[]; readonly relations: readonly BlocksRelation[] },
  hasVectorIndex: boolean,
): Promise<StatusIndexFindings> {
  const { indexes, relations } = catalogue;
  const price = priceOf(hasVectorIndex);
  const diagnosis = await ifStatusesAccepted(() => diagnoseStatusIndex(database, table, catalogue));
  if (diagnosis === undefined) return { problems: [], kept: [], isWanted: false, price };
  const { complete, isUsable, isUsed, reasons } = diagnosis;
  const none = { problems: [], kept: complete, isWanted: complete.length > 0, price };
  const holders = relations.filter(({ isPartitioned, isForeign }) => !isPartitioned && !isForeign);
  const rows = holders.reduce((sum, holder) => sum + Math.max(0, holder.rows), 0);
  const bytes = holders.reduce((sum, holder) => sum + holder.bytes, 0);
  if (isUsed || rows < MANY_ROWS) return none;
  if (isUsable) {
    if (bytes <= SMALL_BYTES) return none; // reading all of it is as fast
    return { ...none, problems: [{ found: reasons.join('; '), fix: [`ANALYZE ${table.blocks};`] }] };
  }
  const isComplete = (index: BlocksIndex) => complete.includes(index);
  const fix = await createStatusIndexSql(database, table, { relations, indexes }, isComplete);
  if (fix.length === 0) return none; // it exists; another problem names what is wrong with it
  const found = [
    ...(reasons.length > 0 ? reasons : [`no index on ${table.columns.status}`]),
    `a sweep reads all ${number(Math.round(rows))} blocks. The index costs ${costOf(rows, bytes)}; ${price}`,
  ];
  return { problems: [{ found: found.join('; '), fix }], kept: complete, isWanted: true, price };
}

/** Measured: see docs/scaling.md. */
function priceOf(hasVectorIndex: boolean): string {
  return hasVectorIndex
    ? 'beside the vector index, storing a vector takes about half as long again, because status changes are not HOT'
    : 'status changes are not HOT then, which costs nothing measurable without a vector index';
}

function costOf(rows: number, bytes: number): string {
  const seconds = Math.ceil((2 * bytes) / READ_BYTES_PER_SECOND);
  return `${size(ENTRY_BYTES * 1_000_000)} for each million blocks that wait (${size(ENTRY_BYTES * rows)} at most) and about ${number(seconds)} s to build`;
}

function size(bytes: number): string {
  return bytes < 1e9 ? `${number(Math.ceil(bytes / 1e6))} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
