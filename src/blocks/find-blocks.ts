import { errorCode } from '../base/errors.js';
import type { Database } from '../postgres/database.js';
import type { Condition } from './condition.js';
import { findByCondition, type Page } from './sql/find-by-condition.js';
import { findInPages, type FoundBlock } from './sql/find-in-pages.js';
import { once, STATEMENT_TIMEOUT_MS, QUERY_CANCELLED, walkTable, type Slice, type WalkOptions } from './table-walk.js';
import type { BlocksTable } from './table.js';

/** Blocks that one slice returns at most; bounds the memory while all blocks of a large table are pending. */
const MAX_ROWS = 5_000;
/** Blocks that one statement returns at most if it uses an index. */
const INDEX_PAGE = 1_000;

export interface FindOptions extends Pick<
  WalkOptions<FoundBlock>,
  'within' | 'newestFirst' | 'slicePages' | 'attempt'
> {
  /** Whether to ask for each condition through the index; otherwise all are answered by one walk over the table. */
  readonly throughIndex: boolean;
}

/** The blocks that one statement found. */
export interface FoundPart extends Omit<Slice<FoundBlock>, 'range'> {
  /** Where they are in the table; null if an index led to them. */
  readonly range: Slice<FoundBlock>['range'] | null;
}

/**
 * All blocks for which one of the conditions holds, in parts: each is one statement of bounded duration. With the index, a
 * statement that exceeds its timeout ends its use, and a walk begins.
 */
export async function* findBlocks(
  db: Database,
  table: BlocksTable,
  conditions: readonly Condition[],
  { throughIndex, ...options }: FindOptions,
): AsyncGenerator<FoundPart, void, undefined> {
  if (throughIndex) {
    try {
      yield* findThroughIndex(db, table, conditions, options);
      return;
    } catch (error) {
      if (errorCode(error) !== QUERY_CANCELLED) throw error;
    }
  }
  yield* walkTable<FoundBlock>(db, table, {
    ...options,
    maxRows: MAX_ROWS,
    read: async (tx, range, limit) => await findInPages(tx, table, conditions, range, limit),
  });
}

async function* findThroughIndex(
  db: Database,
  table: BlocksTable,
  conditions: readonly Condition[],
  { attempt = once }: Pick<FindOptions, 'attempt'>,
): AsyncGenerator<FoundPart, void, undefined> {
  const findPage = async (condition: Condition, page: Page) =>
    await db.transaction(
      async (tx) => {
        const started = performance.now();
        const ids = await findByCondition(tx, table, condition, page);
        return { ids, tookMs: performance.now() - started };
      },
      { statementMs: STATEMENT_TIMEOUT_MS },
    );
  let isFirst = true;
  for (const [done, condition] of conditions.entries()) {
    let after: string | null = null;
    do {
      const page: Page = { after, limit: INDEX_PAGE };
      const { ids, tookMs }: FoundPage = await attempt(() => findPage(condition, page));
      after = ids.length < INDEX_PAGE ? null : (ids.at(-1) ?? null);
      const share = (done + (after === null ? 1 : 0)) / conditions.length;
      const rows = ids.map((id) => ({ id, condition }));
      yield { rows, range: null, pages: ids.length, tookMs, share, isFirst };
      isFirst = false;
    } while (after !== null);
  }
}

interface FoundPage {
  readonly ids: readonly string[];
  readonly tookMs: number;
}
