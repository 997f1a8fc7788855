import type { Database } from '../../postgres/database.js';
import { ConfigurationError } from '../../base/errors.js';
import { CHANNEL } from '../channel.js';
import { readRelations } from '../sql/read-relations.js';
import { readOtherStatuses } from '../sql/read-other-statuses.js';
import { readTriggers, type Trigger } from '../sql/read-triggers.js';
import type { BlockStatus } from '../status.js';
import { writtenColumns, type BlocksTable } from '../table.js';
import { joinNames } from './join-names.js';
import { rejectionError } from './rejected-write.js';
import { findRowsToTry } from './rows-to-try.js';
import type { TrialResult } from './trial.js';
import { firedByWorker, triggerFix } from './trigger-fix.js';
import { tryOnCopy } from './try-on-copy.js';
import { tryOnRows } from './try-on-rows.js';

/** Whether our writes were tried; if not, why. */
export type TriggerLoopCheck = { readonly isTried: true } | { readonly isTried: false; readonly reason: string };

/**
 * Proves with writes that are rolled back that the database accepts what we write to our two columns, and that no write
 * queues the block again: with a trigger that sets the block to pending or notifies, each stored vector would queue the
 * next one, in an endless loop. Nor may a write set the block pending for the worker of another model. At run time the bridge
 * watches for notifications that we cause.
 *
 * @throws ConfigurationError naming the triggers or the constraint, with the statements that fix them
 */
export async function requireNoTriggerLoop(db: Database, table: BlocksTable): Promise<TriggerLoopCheck> {
  const { ids, areEmbeddable, relations } = await findRowsToTry(db, table);
  const others = await readOtherStatuses(db, table);
  const result: TrialResult =
    ids.length === 0
      ? { outcome: 'not-tried', reason: 'the table has no blocks' }
      : await tryOnRows(db, table, ids, others);
  if (result.outcome === 'loop' || result.outcome === 'other-pending') throw await loopError(db, table, result);
  if (result.outcome === 'ignored') throw await ignoredWriteError(db, table, result.wrote);
  if (result.outcome === 'rejected') {
    const error = await rejectionError(db, table, result);
    if (error !== undefined) throw error;
  }
  const isTried = result.outcome !== 'not-tried' && areEmbeddable;
  const fired = (await readTriggers(db, table)).filter(({ firesForWorker }) => firesForWorker);
  if (isTried && others.length > 0) {
    // A block that is pending for the other worker anyway shows nothing; on the copy it is completed.
    const onCopy = await tryOnCopy(db, table, fired, others);
    if (onCopy.outcome === 'other-pending') throw await loopError(db, table, onCopy);
  }
  if (isTried && relations === undefined) return { isTried };
  // A partition without blocks may have triggers of its own. Where a block was tried, so were the triggers of the top table.
  const [top] = await readRelations(db, table);
  const done = new Set(isTried ? [...(relations ?? []), ...(top === undefined ? [] : [top.oid])] : []);
  const onCopy = await tryOnCopy(db, table, fired, others, done);
  if (onCopy.outcome === 'loop' || onCopy.outcome === 'other-pending') throw await loopError(db, table, onCopy);
  if (isTried) return { isTried };
  return { isTried, reason: result.outcome === 'not-tried' ? result.reason : 'no block with text was found' };
}

async function loopError(
  db: Database,
  table: BlocksTable,
  result: Extract<TrialResult, { outcome: 'loop' | 'other-pending' }>,
): Promise<ConfigurationError> {
  const fired = firedByWorker(await readTriggers(db, table));
  const likely = fired.filter(({ concernsStatus }) => concernsStatus);
  const responsible = likely.length > 0 ? likely : fired;
  const { wrote } = result;
  const { effect, consequence } = describeLoop(result);
  if (responsible.length === 0) {
    return new ConfigurationError(
      'SCHEMA_TRIGGER_LOOP',
      `a rule or trigger on ${table.blocksName} ${effect} when the worker writes '${wrote}': ${consequence}`,
      { fix: findInPsql(table) },
    );
  }
  return new ConfigurationError(
    'SCHEMA_TRIGGER_LOOP',
    `the worker's own write of ${writtenColumns(table).join(' and ')} fires the trigger ${quotedNames(responsible)} on ${table.blocksName}, which ${effect} (after '${wrote}'): ${consequence}`,
    { fix: await triggerFix(db, table, responsible) },
  );
}

function describeLoop(result: Extract<TrialResult, { outcome: 'loop' | 'other-pending' }>) {
  if (result.outcome === 'other-pending') {
    return {
      effect: `sets ${result.column} to pending`,
      consequence:
        'each vector stored here would queue the block for the worker of the other model; if that one does the same, in an endless loop',
    };
  }
  return {
    effect: result.how === 'notified' ? `notifies ${CHANNEL}` : 'sets the block back to pending',
    consequence: 'each stored vector would queue the next one, in an endless loop',
  };
}

async function ignoredWriteError(db: Database, table: BlocksTable, wrote: BlockStatus): Promise<ConfigurationError> {
  const fired = firedByWorker(await readTriggers(db, table));
  const cause = fired.length > 0 ? `the trigger ${quotedNames(fired)}` : 'a rule or trigger';
  return new ConfigurationError(
    'SCHEMA_WRITE',
    `${table.blocksName} does not keep the worker's own write of ${table.columns.status} = '${wrote}': ${cause} undoes it without an error`,
    { fix: fired.length > 0 ? await triggerFix(db, table, fired) : findInPsql(table) },
  );
}

function quotedNames(triggers: readonly Trigger[]): string {
  return joinNames([...new Set(triggers.map(({ name }) => `"${name}"`))]);
}

function findInPsql({ blocksName }: BlocksTable): string {
  return `find the rule or trigger with psql: \\d+ ${blocksName}`;
}
