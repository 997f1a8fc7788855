import type { Database, Queryable } from '../../postgres/database.js';
import { rolledBack } from '../../postgres/rolled-back.js';
import { errorCode } from '../../base/errors.js';
import { CHANNEL } from '../channel.js';
import { findOtherPending, type OtherPending } from '../sql/find-other-pending.js';
import type { OtherStatus } from '../sql/read-other-statuses.js';
import { sampleVector } from '../sample-vector.js';
import type { BlockStatus } from '../status.js';
import type { BlocksTable } from '../table.js';

/** The result of writing to blocks as the worker does; `wrote` is the status that was written when it ended. */
export type TrialResult =
  | { readonly outcome: 'accepted' }
  /** A write set a block to pending or notified the channel: it would queue the same block again. */
  | { readonly outcome: 'loop'; readonly wrote: BlockStatus; readonly how: 'pending' | 'notified' }
  /** A write set a block pending for the worker of another model, in this column. */
  | { readonly outcome: 'other-pending'; readonly wrote: BlockStatus; readonly column: string }
  /** The database rejected a write. `everyBlock`: it does so for each block that was tried. */
  | { readonly outcome: 'rejected'; readonly wrote: BlockStatus; readonly error: Error; readonly everyBlock: boolean }
  /** A write raised no error, but changed none of the blocks as it should. */
  | { readonly outcome: 'ignored'; readonly wrote: BlockStatus }
  | { readonly outcome: 'not-tried'; readonly reason: string };

/** Limits for each statement of a trial, whatever the triggers do; rows stay locked no longer. */
const STATEMENT_TIMEOUT_MS = 3_000;
const LOCK_TIMEOUT_MS = 1_000;

interface Step {
  readonly status: BlockStatus;
  readonly vector?: 'some' | 'none';
  /** Skips blocks whose status is pending or NULL already. */
  readonly unlessPending?: true;
}

/** Every write that the worker makes to a block, in a possible order. */
const STEPS: readonly Step[] = [
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

/** Tries all steps on these blocks of a table, then undoes them. */
export type TrySteps = (table: BlocksTable, ids: readonly string[]) => Promise<TrialResult>;

/**
 * Tries writes in a transaction that is rolled back and whose waits are limited.
 *
 * A notification of a transaction that is rolled back reaches no listener. With trace_notify, the server also reports it
 * to the session at the moment a trigger sends it.
 *
 * @param otherStatuses the status columns of other workers, which our writes must not set pending
 */
export async function runTrial(
  db: Database,
  otherStatuses: readonly OtherStatus[],
  trial: (tx: Queryable, trySteps: TrySteps) => Promise<TrialResult>,
): Promise<TrialResult> {
  let isNotified = false;
  const onNotice = (message: string) => {
    if (message === `Async_Notify(${CHANNEL})`) isNotified = true; // commands/async.c, not translated
  };
  const tryStep = async (
    tx: Queryable,
    table: BlocksTable,
    ids: readonly string[],
    step: Step,
    before: readonly OtherPending[],
  ): Promise<TrialResult> => {
    isNotified = false;
    try {
      await write(tx, table, ids, step);
    } catch (error) {
      if (!isStatementError(error) || TRANSIENT_CODES.has(errorCode(error) ?? '')) throw error;
      return { outcome: 'rejected', wrote: step.status, error, everyBlock: false };
    }
    const after = await findOtherPending(tx, table, ids, otherStatuses);
    const caused = after.find((one) => !before.some(({ id, column }) => id === one.id && column === one.column));
    if (caused !== undefined) return { outcome: 'other-pending', wrote: step.status, column: caused.column };
    if (step.status === 'pending') return { outcome: 'accepted' };
    const { isAnyPending, isIgnored } = await readEffect(tx, table, ids, step);
    if (isAnyPending) return { outcome: 'loop', wrote: step.status, how: 'pending' };
    if (isNotified) return { outcome: 'loop', wrote: step.status, how: 'notified' };
    return isIgnored ? { outcome: 'ignored', wrote: step.status } : { outcome: 'accepted' };
  };
  try {
    return await rolledBack(
      db,
      async (tx) => {
        await applySettings(tx);
        return await trial(tx, async (table, ids) => {
          const before = await findOtherPending(tx, table, ids, otherStatuses);
          await tx.query('SAVEPOINT steps');
          let result: TrialResult = { outcome: 'accepted' };
          for (const step of STEPS) {
            result = await tryStep(tx, table, ids, step, before);
            if (result.outcome !== 'accepted') break;
          }
          await tx.query('ROLLBACK TO SAVEPOINT steps');
          return result;
        });
      },
      { onNotice },
    );
  } catch (error) {
    if (isStatementError(error) && TRANSIENT_CODES.has(errorCode(error) ?? '')) {
      return { outcome: 'not-tried', reason: error.message };
    }
    throw error;
  }
}

/** Statement timeout, lock timeout, deadlock, serialization failure: they say nothing about the schema. */
const TRANSIENT_CODES: ReadonlySet<string> = new Set(['57014', '55P03', '40P01', '40001']);

/** Whether the server rejected a statement and still accepts the next one. */
export function isStatementError(error: unknown): error is Error {
  const code = errorCode(error) ?? '';
  if (!(error instanceof Error) || !/^[0-9A-Z]{5}$/.test(code)) return false;
  return TRANSIENT_CODES.has(code) || !/^(08|53|57|58)/.test(code);
}

async function applySettings(tx: Queryable): Promise<void> {
  // Only the settings that this server has and that we may change.
  await tx.query(
    `SELECT set_config(name, value, true)
  FROM unnest($1::text[], $2::text[]) AS wanted(name, value)
 WHERE EXISTS (SELECT FROM pg_settings s WHERE s.name = wanted.name AND s.context = 'user')`,
    [
      ['statement_timeout', 'lock_timeout', 'trace_notify', 'client_min_messages'],
      [`${STATEMENT_TIMEOUT_MS}ms`, `${LOCK_TIMEOUT_MS}ms`, 'on', 'debug1'],
    ],
  );
  await tx.query('SET CONSTRAINTS ALL IMMEDIATE'); // deferred triggers would otherwise wait for a COMMIT that never comes
}

async function write(
  tx: Queryable,
  table: BlocksTable,
  ids: readonly string[],
  { status, vector, unlessPending }: Step,
): Promise<void> {
  const value = vector === 'some' ? `$2::text::${table.vectorType}` : 'NULL';
  const embedding = vector === undefined ? '' : `${table.embedding} = ${value}, `;
  await tx.query(
    `UPDATE ${table.blocks} SET ${embedding}${table.status} = '${status}'
 WHERE ${table.id} = ANY ($1::text[]::${table.idType}[])${unlessPending === true ? ` AND ${table.status} <> 'pending'` : ''}`,
    vector === 'some' ? [ids, sampleVector(table)] : [ids],
  );
}

/**
 * Reads the blocks in a statement of its own: RETURNING answers before AFTER triggers fire. A trigger may set blocks
 * `skipped` that it considers empty; that does not count as ignoring the write.
 */
async function readEffect(
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
