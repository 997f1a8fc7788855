import { EXACT_PAGES } from '../blocks/count-or-estimate.js';
import { readTableSize } from '../blocks/sql/read-table-size.js';
import { readIndexUse } from '../blocks/status-index/use.js';
import { pagesPart, wholeTable } from '../blocks/table-part.js';
import { STATEMENT_TIMEOUT_MS, walkTable } from '../blocks/table-walk.js';
import type { BlocksTable } from '../blocks/table.js';
import type { Database } from '../postgres/database.js';
import { withoutJit, withStatementTimeout } from '../postgres/statement-timeout.js';
import type { QueueNames } from '../queue/queue-names.js';
import { countErrors, type ErrorCount } from './sql/count-errors.js';
import { findErrors, type BlockError, type ErrorPage } from './sql/find-errors.js';
import { findUnrecordedErrors, type UnrecordedErrors } from './sql/find-unrecorded-errors.js';

/** Dead letters up to which the block of each is looked up for the count. */
const MAX_LOOK_UPS = 10_000;

export interface ErrorsContext {
  readonly database: Database;
  readonly table: BlocksTable;
  /** null if there is no queue yet. */
  readonly names: QueueNames | null;
  /** Whether to look for blocks without a dead letter even if that means reading a large table. */
  readonly exact: boolean;
  /** Dead letters up to which the count includes only blocks that are still in `error`. Default: 10,000. */
  readonly maxLookUps?: number;
  /** Pages up to which a table is not large. Default: 50,000. */
  readonly exactPages?: number;
}

export interface Errors {
  /** The most frequent first. */
  readonly byReason: readonly ErrorCount[];
  /** One page, in order of the ids. */
  readonly errors: readonly BlockError[];
  /** Whether blocks without a dead letter are included. */
  readonly complete: boolean;
  /** Whether the counts may include blocks that have been embedded since the last sweep. */
  readonly estimated: boolean;
}

/**
 * The blocks in `error`: those that have a dead letter, which takes no longer in a large table, and the others if they can be
 * found without reading a large table, or if that is asked for.
 */
export async function readErrors(context: ErrorsContext, page: ErrorPage): Promise<Errors> {
  const [recorded, [unrecorded, errors]] = await Promise.all([countRecorded(context), readPage(context, page)]);
  const byReason = merge([...recorded.counts, { reason: null, count: unrecorded?.count ?? 0 }]);
  return { byReason, errors, complete: unrecorded !== undefined, estimated: recorded.estimated };
}

/** Looking up the blocks of 100,000 dead letters took a second; the sweep deletes the letters of blocks not in `error`. */
async function countRecorded({
  database,
  table,
  names,
  exact,
  maxLookUps = MAX_LOOK_UPS,
}: ErrorsContext): Promise<{ counts: readonly ErrorCount[]; estimated: boolean }> {
  if (names === null) return { counts: [], estimated: false };
  return await withoutJit(database, async (tx) => {
    const counts = await countErrors(tx, names, table, false);
    const estimated = !exact && total(counts) > maxLookUps;
    return { counts: estimated ? counts : await countErrors(tx, names, table, true), estimated };
  });
}

async function readPage(
  context: ErrorsContext,
  page: ErrorPage,
): Promise<[unrecorded: UnrecordedErrors | undefined, errors: BlockError[]]> {
  const { database, table, names } = context;
  const unrecorded = await findUnrecorded(context, page);
  const ids = unrecorded?.ids ?? [];
  return [unrecorded, await withoutJit(database, (tx) => findErrors(tx, names, table, page, ids))];
}

/** @returns undefined if they were not looked for */
async function findUnrecorded(context: ErrorsContext, page: ErrorPage): Promise<UnrecordedErrors | undefined> {
  const { database, table, names, exact, exactPages = EXACT_PAGES } = context;
  if (exact) return await walkForUnrecorded(context, page);
  const { pages } = await readTableSize(database, table);
  const isServed = async () => (await readIndexUse(database, table)).get('error')?.isServed === true;
  if (pages > exactPages && !(await isServed())) return undefined;
  return await withStatementTimeout(database, STATEMENT_TIMEOUT_MS, (tx) =>
    findUnrecordedErrors(tx, names, table, wholeTable(table), page),
  );
}

async function walkForUnrecorded(
  { database, table, names }: ErrorsContext,
  page: ErrorPage,
): Promise<UnrecordedErrors> {
  let found: UnrecordedErrors[] = [];
  const slices = walkTable(database, table, {
    read: async (tx, pages) => [await findUnrecordedErrors(tx, names, table, pagesPart(table, pages), page)],
  });
  for await (const { rows, isFirst } of slices) found = isFirst ? [...rows] : [...found, ...rows];
  return { count: found.reduce((sum, { count }) => sum + count, 0), ids: found.flatMap(({ ids }) => ids) };
}

function total(counts: readonly ErrorCount[]): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}

function merge(counts: readonly ErrorCount[]): ErrorCount[] {
  const byReason = new Map<string | null, number>();
  for (const { reason, count } of counts) byReason.set(reason, (byReason.get(reason) ?? 0) + count);
  return [...byReason]
    .map(([reason, count]) => ({ reason, count }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || String(a.reason).localeCompare(String(b.reason)));
}
