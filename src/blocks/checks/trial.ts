import type { Database, Queryable } from '../../postgres/database.js';
import { rolledBack } from '../../postgres/rolled-back.js';
import { errorCode } from '../../base/errors.js';
import { someVector } from '../sql/our-columns.js';
import type { BlockStatus } from '../status.js';
import type { BlocksTable } from '../table.js';
import { CHANNEL } from '../sql/read-triggers.js';

/** What came of writing to blocks as the worker does. */
export type Tried =
  | { readonly outcome: 'quiet' }
  /** A write of ours set a block pending, or notified, and so would ask for the next one. */
  | { readonly outcome: 'loop'; readonly wrote: BlockStatus; readonly how: 'pending' | 'notified' }
  /** The database refused a write of ours. */
  | { readonly outcome: 'refused'; readonly wrote: BlockStatus; readonly error: Error; readonly byAll: boolean }
  /** A write of ours was not refused, and changed no block as it should. */
  | { readonly outcome: 'ignored'; readonly wrote: BlockStatus }
  | { readonly outcome: 'untried'; readonly reason: string };

/** No row is held for longer, whatever the triggers do. */
const STATEMENT_MS = 3_000;
const LOCK_MS = 1_000;

interface Step {
  readonly status: BlockStatus;
  readonly vector?: 'some' | 'none';
  /** Leaves alone what is pending already, or not looked at yet. */
  readonly unlessPending?: true;
}

/** Everything that happens to a block in the worker's hands, in an order in which it can. */
const WALK: readonly Step[] = [
  { status: 'pending', unlessPending: true },
  { status: 'processing' },
  { status: 'error' },
  { status: 'pending' },
  { status: 'processing' },
  { status: 'completed', vector: 'some' },
  { status: 'pending' },
  { status: 'processing' },
  { status: 'error' },
  { status: 'pending' },
  { status: 'processing' },
  { status: 'skipped', vector: 'none' },
];

/** Walks such blocks of a table through everything that the worker does to them. */
export type Walk = (table: BlocksTable, ids: readonly string[]) => Promise<Tried>;

/**
 * Tries writes in a transaction that is rolled back, with bounds on how long it may wait.
 *
 * A notification reaches nobody when it is rolled back; trace_notify has the server tell of it as a trigger sends it.
 *
 * @param work what the walk finds is undone before the next one
 */
export async function trying(db: Database, work: (tx: Queryable, walk: Walk) => Promise<Tried>): Promise<Tried> {
  let notified = false;
  const onNotice = (message: string) => {
    if (message === `Async_Notify(${CHANNEL})`) notified = true; // commands/async.c, not translated
  };
  const step = async (tx: Queryable, table: BlocksTable, ids: readonly string[], one: Step): Promise<Tried> => {
    notified = false;
    try {
      await write(tx, table, ids, one);
    } catch (error) {
      if (!isAnswer(error) || PASSING.has(errorCode(error) ?? '')) throw error;
      return { outcome: 'refused', wrote: one.status, error, byAll: false };
    }
    if (one.status === 'pending') return { outcome: 'quiet' };
    const { isAnyPending, isIgnored } = await lookAfter(tx, table, ids, one);
    if (isAnyPending) return { outcome: 'loop', wrote: one.status, how: 'pending' };
    if (notified) return { outcome: 'loop', wrote: one.status, how: 'notified' };
    return isIgnored ? { outcome: 'ignored', wrote: one.status } : { outcome: 'quiet' };
  };
  try {
    return await rolledBack(
      db,
      async (tx) => {
        await prepare(tx);
        return await work(tx, async (table, ids) => {
          await tx.query('SAVEPOINT walk');
          let tried: Tried = { outcome: 'quiet' };
          for (const one of WALK) {
            tried = await step(tx, table, ids, one);
            if (tried.outcome !== 'quiet') break;
          }
          await tx.query('ROLLBACK TO SAVEPOINT walk');
          return tried;
        });
      },
      { onNotice },
    );
  } catch (error) {
    if (isAnswer(error) && PASSING.has(errorCode(error) ?? '')) return { outcome: 'untried', reason: error.message };
    throw error;
  }
}

/** Statement timeout, lock timeout, deadlock, serialization failure: they say nothing of the schema. */
const PASSING: ReadonlySet<string> = new Set(['57014', '55P03', '40P01', '40001']);

/** Whether the server said it about a statement, and is there for the next one. */
export function isAnswer(error: unknown): error is Error {
  const code = errorCode(error) ?? '';
  return error instanceof Error && /^[0-9A-Z]{5}$/.test(code) && (PASSING.has(code) || !/^(08|53|57|58)/.test(code));
}

async function prepare(tx: Queryable): Promise<void> {
  // Of the settings, those that this server has and lets us change.
  await tx.query(
    `SELECT set_config(name, value, true)
  FROM unnest($1::text[], $2::text[]) AS wanted(name, value)
 WHERE EXISTS (SELECT FROM pg_settings s WHERE s.name = wanted.name AND s.context = 'user')`,
    [
      ['statement_timeout', 'lock_timeout', 'trace_notify', 'client_min_messages'],
      [`${STATEMENT_MS}ms`, `${LOCK_MS}ms`, 'on', 'debug1'],
    ],
  );
  await tx.query('SET CONSTRAINTS ALL IMMEDIATE'); // deferred triggers would wait for a COMMIT that never comes
}

async function write(
  tx: Queryable,
  table: BlocksTable,
  ids: readonly string[],
  { status, vector, unlessPending }: Step,
): Promise<void> {
  const embedding =
    vector === undefined
      ? ''
      : vector === 'none'
        ? 'embedding = NULL, '
        : `${table.embedding} = $2::text::${table.vectorType}, `;
  await tx.query(
    `UPDATE ${table.blocks} SET ${embedding}${table.status} = '${status}'
 WHERE ${table.id} = ANY ($1::text[]::${table.idType}[])${unlessPending === true ? ` AND ${table.status} <> 'pending'` : ''}`,
    vector === 'some' ? [ids, someVector(table)] : [ids],
  );
}

/**
 * Read apart: RETURNING answers before AFTER triggers have fired. A trigger may skip what it takes for no text, and then the
 * write is not ignored.
 */
async function lookAfter(
  tx: Queryable,
  table: BlocksTable,
  ids: readonly string[],
  { status, vector }: Step,
): Promise<{ readonly isAnyPending: boolean; readonly isIgnored: boolean }> {
  const isWritten = `${table.status}::text = '${status}'${vector === undefined ? '' : ` AND ${table.embedding} IS ${vector === 'some' ? 'NOT ' : ''}NULL`}`;
  const [row] = await tx.query<{ isAnyPending: boolean; isIgnored: boolean }>(
    `SELECT coalesce(bool_or(${table.status} = 'pending'), false) AS "isAnyPending",
       coalesce(bool_and((${isWritten} OR ${table.status}::text = 'skipped') IS NOT TRUE), false) AS "isIgnored"
  FROM ${table.blocks} WHERE ${table.id} = ANY ($1::text[]::${table.idType}[])`,
    [ids],
  );
  return row ?? { isAnyPending: false, isIgnored: false };
}
