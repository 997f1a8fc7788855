import { EXACT_PAGES } from '../blocks/count-or-estimate.js';
import { readTableSize } from '../blocks/sql/read-table-size.js';
import { readIndexUse } from '../blocks/status-index/use.js';
import { pagesPart, wholeTable } from '../blocks/table-part.js';
import { STATEMENT_TIMEOUT_MS, walkTable } from '../blocks/table-walk.js';
import type { BlocksTable } from '../blocks/table.js';
import type { Database } from '../postgres/database.js';
import { withStatementTimeout } from '../postgres/statement-timeout.js';
import type { QueueNames } from '../queue/queue-names.js';
import { countErrors, type ErrorCount } from './sql/count-errors.js';
import { findErrors, type BlockError, type ErrorPage } from './sql/find-errors.js';
import { findUnrecordedErrors, type UnrecordedErrors } from './sql/find-unrecorded-errors.js';

export interface ErrorsContext {
  readonly database: Database;
  readonly table: BlocksTable;
  /** null if there is no queue yet. */
  readonly names: QueueNames | null;
  /** Whether to look for blocks without a dead letter even if that means reading a large table. */
  readonly exact: boolean;
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
}

/**
 * The blocks in `error`: those that have a dead letter, which takes no longer in a large table, and the others if they can be
 * found without reading a large table, or if that is asked for.
 */
export async function readErrors(context: ErrorsContext, page: ErrorPage): Promise<Errors> {
  const { database, table, names } = context;
  const unrecorded = await findUnrecorded(context, page);
  const { count, ids } = unrecorded ?? { count: 0, ids: [] };
  const recorded = names === null ? [] : await countErrors(database, names, table);
  const byReason = merge([...recorded, { reason: null, count }]);
  return { byReason, errors: await findErrors(database, names, table, page, ids), complete: unrecorded !== undefined };
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

function merge(counts: readonly ErrorCount[]): ErrorCount[] {
  const byReason = new Map<string | null, number>();
  for (const { reason, count } of counts) byReason.set(reason, (byReason.get(reason) ?? 0) + count);
  return [...byReason]
    .map(([reason, count]) => ({ reason, count }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || String(a.reason).localeCompare(String(b.reason)));
}
