import { errorCode } from '../base/errors.js';
import type { Database, Queryable } from '../postgres/database.js';
import { ALL_PAGES, countPages, takePages, type PageRange } from './page-range.js';
import { readFiles, type TableFile } from './sql/read-files.js';
import type { BlocksTable } from './table.js';

/** Pages of a slice, of all files of the table together: 32 MB, which took 25 ms from memory. */
export const SLICE_PAGES = 4_096;
/** Beyond this, the next slice has half as many pages; below the second, twice as many. */
const SLOW_MS = 200;
const FAST_MS = 25;
/** Timeout of a statement that reads a bounded part of the table. */
export const STATEMENT_TIMEOUT_MS = 1_000;
/** PostgreSQL, appendix A: query_canceled, which a statement timeout raises. */
export const QUERY_CANCELLED = '57014';

export interface WalkOptions<Row> {
  /**
   * Reads the blocks of one slice in one statement, from `pagesPart`.
   *
   * @param limit the number of rows to return at most; null: all
   */
  readonly read: (tx: Queryable, pages: PageRange, limit: number | null) => Promise<Row[]>;
  /** The part of the table to walk over, as it is now. Default: all of it. */
  readonly within?: PageRange;
  /** Walks from the end of the table to its beginning: new rows are usually at the end. */
  readonly newestFirst?: boolean;
  /** If a slice has more rows, it is read again with half the pages, so that few are in memory. Default: no limit. */
  readonly maxRows?: number;
  /** Default: SLICE_PAGES. */
  readonly slicePages?: number;
  /** Timeout of a slice's statement, in milliseconds. Default: a second. */
  readonly timeoutMs?: number;
  /** Runs each statement or transaction, and may repeat it. Default: runs it once. */
  readonly attempt?: <T>(work: () => Promise<T>) => Promise<T>;
}

/** What was read from one slice of the table. */
export interface Slice<Row> {
  readonly rows: readonly Row[];
  readonly range: PageRange;
  /** The number of pages that were read, of all files together. */
  readonly pages: number;
  /** How long the statement took. */
  readonly tookMs: number;
  /** The share of the walk that is done, from 0 to 1. */
  readonly share: number;
  /** The first slice, and the first one after the walk began again: forget what the earlier ones contained. */
  readonly isFirst: boolean;
}

/**
 * Walks over the blocks table in slices, so that no statement grows with the table: ranges of pages, read through the table
 * itself. Partitions and inheriting tables are read together, page 0 of each first, with no privileges on them.
 *
 * The end is fixed at the start. A row that an update moves to a page behind the walk is missed; the next walk finds it. If a
 * file of the table is replaced, all of its rows may have moved, and the walk begins again. An empty table has one slice, and
 * so has one with foreign tables below it.
 *
 * @throws the database's error; a slice of one page that takes longer than the timeout is one
 */
export async function* walkTable<Row>(
  db: Database,
  table: BlocksTable,
  options: WalkOptions<Row>,
): AsyncGenerator<Slice<Row>, void, undefined> {
  const { within = ALL_PAGES, newestFirst = false, maxRows, slicePages = SLICE_PAGES, attempt = once } = options;
  let files = await attempt(() => readFiles(db, table));
  let left = clip(within, files);
  let total = countPages(files, left);
  let size = slicePages;
  let done = 0;
  let isFirst = true;
  while (left.from < left.to) {
    const hasForeign = files.some(({ filenode }) => filenode === null);
    const range = hasForeign ? ALL_PAGES : takePages(files, left, size, newestFirst);
    const pages = countPages(files, range);
    const isDivisible = !hasForeign && range.to - range.from > 1;
    const answer = await readRange(db, table, range, isDivisible, options);
    if (answer === undefined) {
      size = halfOf(Math.min(size, pages));
      continue;
    }
    const { rows, tookMs } = answer;
    if (isRewritten(files, answer.files)) {
      files = answer.files;
      left = clip(ALL_PAGES, files);
      total = countPages(files, left);
      done = 0;
      isFirst = true;
      continue;
    }
    done += pages;
    left = newestFirst ? { from: left.from, to: range.from } : { from: range.to, to: left.to };
    if (tookMs > SLOW_MS) size = halfOf(Math.min(size, pages));
    else if (tookMs < FAST_MS && (maxRows === undefined || rows.length < maxRows / 2)) {
      size = Math.min(slicePages, size * 2);
    }
    yield { rows, range, pages, tookMs, share: left.from < left.to ? done / total : 1, isFirst };
    isFirst = false;
  }
}

interface Answer<Row> {
  readonly rows: Row[];
  readonly tookMs: number;
  /** The files that the rows were read from: until the transaction ended, none could be replaced. */
  readonly files: TableFile[];
}

/** @returns undefined if the range must be divided: it took too long, or has too many rows */
async function readRange<Row>(
  db: Database,
  table: BlocksTable,
  range: PageRange,
  isDivisible: boolean,
  options: WalkOptions<Row>,
): Promise<Answer<Row> | undefined> {
  const { read, maxRows, timeoutMs = STATEMENT_TIMEOUT_MS, attempt = once } = options;
  const limit = isDivisible ? (maxRows ?? null) : null;
  const readOnce = async () =>
    await db.transaction(
      async (tx) => {
        const started = performance.now();
        const rows = await read(tx, range, limit);
        return { rows, tookMs: performance.now() - started, files: await readFiles(tx, table) };
      },
      { statementMs: timeoutMs },
    );
  const answer = await attempt(() =>
    readOnce().catch((error: unknown) => {
      if (isDivisible && errorCode(error) === QUERY_CANCELLED) return undefined;
      throw error;
    }),
  );
  return answer !== undefined && limit !== null && answer.rows.length >= limit ? undefined : answer;
}

/** The default of `attempt`. */
export async function once<T>(work: () => Promise<T>): Promise<T> {
  return await work();
}

/** Limits a range to pages that exist; at least one, so that each walk has a slice. */
function clip({ from, to }: PageRange, files: readonly TableFile[]): PageRange {
  const end = Math.min(to, Math.max(0, ...files.map(({ pages }) => pages)));
  return { from: Math.max(0, Math.min(from, end - 1)), to: Math.max(1, end) };
}

/** Whether a file was replaced. A new partition counts as new rows, which the next walk finds. */
function isRewritten(before: readonly TableFile[], after: readonly TableFile[]): boolean {
  const now = new Map(after.map(({ relation, filenode }) => [relation, filenode]));
  return before.some(({ relation, filenode }) => (now.get(relation) ?? filenode) !== filenode);
}

function halfOf(pages: number): number {
  return Math.max(1, Math.floor(pages / 2));
}
