import type { Database, Queryable } from '../postgres/database.js';
import { withStatementTimeout } from '../postgres/statement-timeout.js';
import { WorkerError } from '../base/errors.js';
import type { PageRange } from './page-range.js';
import { readTableSize, type TableSize } from './sql/read-table-size.js';
import { pagesPart, samplePart, wholeTable, type TablePart } from './table-part.js';
import { STATEMENT_TIMEOUT_MS, walkTable, type WalkOptions } from './table-walk.js';
import type { BlocksTable } from './table.js';

/** Up to this size the whole table is read: 400 MB, or about a million blocks, take half a second from memory. */
export const EXACT_PAGES = 50_000;
/** Pages of a sample, and of the next one after a timeout. Reading 8,000 from memory takes 0.1 s. */
const SAMPLE_PAGES: readonly number[] = [8_000, 2_000];
/** The number of pages in a sample is random. It differs by more than four standard deviations once in 16,000 samples. */
const DEVIATIONS = 4;
/** Seeds below this are whole numbers that PostgreSQL takes. */
const SEEDS = 2 ** 31;

/** What a statement counted in the part of the table that it read. */
export interface Counted {
  /** Rows of this group, whether or not they are among those asked for. */
  readonly rows: number;
}

export interface Tally<C extends Counted> {
  /** As counted; several may describe the same group. */
  readonly counts: readonly C[];
  /** How many blocks a counted one stands for; 1 if all were counted. */
  readonly scale: number;
  /** Whether only a sample of the table was counted. */
  readonly estimated: boolean;
}

export interface CountLimits {
  /** Pages up to which the whole table is read. Default: 50,000. */
  readonly exactPages?: number;
  /** Pages of a sample, and of the next ones after a timeout. Default: 8,000 and 2,000. */
  readonly samplePages?: readonly number[];
}

/** Counts the blocks of a part of the table. */
export type Count<C extends Counted> = (tx: Queryable, part: TablePart) => Promise<C[]>;

/**
 * Counts the blocks of a table of up to 50,000 pages, and of a random sample of the pages of a larger one, or if that takes
 * longer than a second. A sample may miss what only a few of a million blocks have.
 *
 * @throws WorkerError if even the smallest sample takes longer than a second
 */
export async function countOrEstimate<C extends Counted>(
  db: Database,
  table: BlocksTable,
  count: Count<C>,
  { exactPages = EXACT_PAGES, samplePages = SAMPLE_PAGES }: CountLimits = {},
): Promise<Tally<C>> {
  const size = await readTableSize(db, table);
  if (!size.canSample) return { counts: await count(db, wholeTable(table)), scale: 1, estimated: false };
  if (size.pages <= exactPages) {
    const counts = await withStatementTimeout(db, STATEMENT_TIMEOUT_MS, (tx) => count(tx, wholeTable(table)));
    if (counts !== undefined) return { counts, scale: 1, estimated: false };
  }
  const seed = Math.floor(Math.random() * SEEDS);
  for (const pages of samplePages) {
    const share = Math.min(1, pages / size.pages);
    const counts = await withStatementTimeout(db, STATEMENT_TIMEOUT_MS, (tx) =>
      count(tx, samplePart(table, 100 * share, seed)),
    );
    if (counts === undefined) continue;
    const rows = counts.reduce((sum, one) => sum + one.rows, 0);
    return { counts, scale: scaleOf(rows, share, size), estimated: true };
  }
  throw new WorkerError(
    'COUNT_TIMEOUT',
    `${table.blocksName}: counting a sample of the blocks took longer than a second`,
    {
      fix: 'try again later, or wait for an exact count with --exact',
    },
  );
}

/** Counts all blocks in slices: from memory, ten million of 430 bytes take some seconds. */
export async function countExactly<C extends Counted>(
  db: Database,
  table: BlocksTable,
  count: Count<C>,
  options: Pick<WalkOptions<C>, 'attempt'> = {},
): Promise<Tally<C>> {
  let counts: C[] = [];
  const read = async (tx: Queryable, pages: PageRange) => await count(tx, pagesPart(table, pages));
  for await (const { rows, isFirst } of walkTable(db, table, { ...options, read })) {
    counts = isFirst ? [...rows] : [...counts, ...rows];
  }
  return { counts, scale: 1, estimated: false };
}

/**
 * Pages are chosen at random, so their number varies: by 1.1 % with 8,000. The planner's row count is usually closer. One
 * that the sample contradicts is out of date.
 */
function scaleOf(sampledRows: number, share: number, size: TableSize): number {
  const byPages = 1 / share;
  if (size.rows === null || sampledRows === 0) return byPages;
  const byRows = size.rows / sampledRows;
  const deviation = Math.sqrt((1 - share) / (share * size.pages));
  return Math.abs(byRows / byPages - 1) <= DEVIATIONS * deviation ? byRows : byPages;
}
