import { errorCode } from '../base/errors.js';
import type { Condition } from '../blocks/condition.js';
import { findByCondition } from '../blocks/sql/find-by-condition.js';
import { findIds, type FindIds } from '../blocks/sql/find-ids.js';
import { findInWindow, type IdWindow } from '../blocks/sql/find-in-window.js';
import { WAITING } from '../blocks/status.js';
import { readIndexUse } from '../blocks/status-index/use.js';
import { pagesPart, scopePart } from '../blocks/table-part.js';
import { QUERY_CANCELLED, STATEMENT_TIMEOUT_MS, walkTable } from '../blocks/table-walk.js';
import type { BlocksTable } from '../blocks/table.js';
import type { Database } from '../postgres/database.js';
import { withStatementTimeout } from '../postgres/statement-timeout.js';

/** Blocks in the first window of ids, so that enqueuing starts at once, and in the later ones. */
const FIRST_WINDOW = 1_000;
const WINDOW = 20_000;
/** Ids kept in memory: at most 2 MB. */
const MAX_IDS = 20_000;
/** Ids read at once from an index on the status. */
const INDEX_PAGE = 1_000;
/** The conditions of `WAITING`. */
const CONDITIONS_OF_WAITING: readonly Condition[] = ['pending', 'unset', 'processing'];

export interface CandidatesOptions extends FindIds {
  readonly database: Database;
  readonly table: BlocksTable;
  /** The last id of all. */
  readonly upTo: string;
  /** Whether to go in order of the ids, so that a later run can resume after an id. */
  readonly inOrder: boolean;
  /** Runs a statement or a transaction that only reads, and may repeat it. */
  readonly attempt: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Blocks that had one of the statuses when they were read; those found by an index may be out of scope. */
export interface Candidates {
  readonly ids: readonly string[];
  /** All blocks up to this id are among these and the earlier ones; null if they come in no order. */
  readonly upTo: string | null;
}

/**
 * Finds blocks without a statement that grows with the table: those of a few notes by an index on the notes, those that wait
 * by one on the status, and otherwise in slices of the table or, in order, in windows of ids. Slices read each page once;
 * windows may read a page of the table for each id.
 */
export async function* findCandidates(options: CandidatesOptions): AsyncGenerator<Candidates, void, undefined> {
  const { database, table, scope, upTo, inOrder, attempt } = options;
  if (scope.notes !== null) {
    const found = await attempt(() =>
      withStatementTimeout(database, STATEMENT_TIMEOUT_MS, (tx) =>
        findIds(tx, table, options, scopePart(table, scope), null),
      ),
    );
    if (found !== undefined) {
      yield { ids: found.map(({ id }) => id), upTo };
      return;
    }
  }
  if (inOrder) {
    yield* inWindows(options);
    return;
  }
  const conditions = await conditionsOfIndex(options);
  if (conditions !== null) {
    try {
      yield* byIndex(options, conditions);
      return;
    } catch (error) {
      if (errorCode(error) !== QUERY_CANCELLED) throw error; // it may be full of entries that VACUUM must remove
    }
  }
  yield* inSlices(options);
}

/** The conditions that together find all waiting blocks by an index; null if an index does not find all of them. */
async function conditionsOfIndex({
  database,
  table,
  statuses,
  attempt,
}: CandidatesOptions): Promise<Condition[] | null> {
  if (!statuses.every((status) => WAITING.includes(status))) return null;
  const uses = await attempt(() => readIndexUse(database, table));
  if (!CONDITIONS_OF_WAITING.every((condition) => uses.get(condition)?.isServed === true)) return null;
  return CONDITIONS_OF_WAITING.filter((condition) => uses.get(condition)?.indexed.length !== 0);
}

async function* byIndex(
  { database, table, upTo, attempt, ...options }: CandidatesOptions,
  conditions: readonly Condition[],
): AsyncGenerator<Candidates, void, undefined> {
  for (const condition of conditions) {
    let { after } = options;
    for (;;) {
      const page = { after, upTo, limit: INDEX_PAGE };
      const ids = await attempt(() =>
        database.transaction((tx) => findByCondition(tx, table, condition, page), {
          statementMs: STATEMENT_TIMEOUT_MS,
        }),
      );
      yield { ids, upTo: null };
      if (ids.length < INDEX_PAGE) break;
      after = ids.at(-1) ?? null;
    }
  }
}

/** The newest pages first: blocks that wait are usually new. */
async function* inSlices(options: CandidatesOptions): AsyncGenerator<Candidates, void, undefined> {
  const { database, table, attempt } = options;
  const slices = walkTable(database, table, {
    read: (tx, pages, limit) => findIds(tx, table, options, pagesPart(table, pages), limit),
    newestFirst: true,
    maxRows: MAX_IDS,
    attempt,
  });
  for await (const { rows } of slices) yield { ids: rows.map(({ id }) => id), upTo: null };
}

async function* inWindows(options: CandidatesOptions): AsyncGenerator<Candidates, void, undefined> {
  const { upTo, attempt } = options;
  let size = FIRST_WINDOW;
  let { after } = options;
  for (;;) {
    const [from, rows] = [after, size];
    const window = await attempt(() => readWindow({ ...options, after: from }, rows));
    if (window === undefined) {
      size = Math.ceil(size / 2);
      continue;
    }
    const isLast = window.rows < size;
    yield { ids: window.ids, upTo: isLast ? upTo : window.last };
    if (isLast) return;
    after = window.last;
    size = Math.min(WINDOW, size * 2);
  }
}

/** @returns undefined if it took too long, so that the next try should be smaller */
async function readWindow(options: CandidatesOptions, size: number): Promise<IdWindow | undefined> {
  const { database, table, upTo } = options;
  try {
    return await database.transaction((tx) => findInWindow(tx, table, options, upTo, size), {
      statementMs: STATEMENT_TIMEOUT_MS,
    });
  } catch (error) {
    if (size > 1 && errorCode(error) === QUERY_CANCELLED) return undefined;
    throw error;
  }
}
