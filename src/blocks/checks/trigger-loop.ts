import type { Database } from '../../postgres/database.js';
import { ConfigurationError } from '../../base/errors.js';
import { ourColumns } from '../sql/our-columns.js';
import { listed, readRelations } from '../sql/read-relations.js';
import { findRowsToTry } from './rows-to-try.js';
import type { BlockStatus } from '../status.js';
import type { BlocksTable } from '../table.js';
import { firedByUs, remediesFor } from './trigger-fix.js';
import { CHANNEL, readTriggers } from '../sql/read-triggers.js';
import { tryOnCopy } from './try-on-copy.js';
import { tryWrites } from './try-on-rows.js';
import type { Tried } from './trial.js';
import { refusalOf } from './write-refusal.js';

/** Whether our writes were tried; if not, why. */
export type QuietWrites = { readonly tried: true } | { readonly tried: false; readonly reason: string };

/**
 * Proves, by writes that are rolled back, that what we write to our two columns is taken, and asks for nothing: a trigger
 * that sets the block pending again, or notifies, would have every stored vector ask for the next one, for ever. At run
 * time the bridge watches for notifications that we cause.
 *
 * @throws ConfigurationError naming the triggers or the constraint, with the statements that help
 */
export async function requireNoTriggerLoop(db: Database, table: BlocksTable): Promise<QuietWrites> {
  const { ids, embeddable, relations } = await findRowsToTry(db, table);
  const tried: Tried =
    ids.length === 0 ? { outcome: 'untried', reason: 'there is no block yet' } : await tryWrites(db, table, ids);
  if (tried.outcome === 'loop') throw await loops(db, table, tried);
  if (tried.outcome === 'ignored') throw await isIgnored(db, table, tried.wrote);
  if (tried.outcome === 'refused') {
    const refusal = await refusalOf(db, table, tried);
    if (refusal !== undefined) throw refusal;
  }
  const isTried = tried.outcome !== 'untried' && embeddable;
  if (isTried && relations === undefined) return { tried: true };
  // A partition without blocks may have triggers of its own. Where a block was tried, so were those of the table at the top.
  const [top] = await readRelations(db, table);
  const done = new Set(isTried ? [...(relations ?? []), ...(top === undefined ? [] : [top.oid])] : []);
  const fired = (await readTriggers(db, table)).filter(({ firesForUs }) => firesForUs);
  const onCopy = await tryOnCopy(db, table, fired, done);
  if (onCopy.outcome === 'loop') throw await loops(db, table, onCopy);
  if (isTried) return { tried: true };
  return { tried: false, reason: tried.outcome === 'untried' ? tried.reason : 'no block was found that holds text' };
}

async function loops(
  db: Database,
  table: BlocksTable,
  { wrote, how }: Extract<Tried, { outcome: 'loop' }>,
): Promise<ConfigurationError> {
  const fired = firedByUs(await readTriggers(db, table));
  const concerned = fired.filter(({ concernsStatus }) => concernsStatus);
  const culprits = concerned.length > 0 ? concerned : fired;
  const code = 'SCHEMA_TRIGGER_LOOP';
  const isNotified = how === 'notified';
  if (culprits.length === 0) {
    const what = isNotified ? `notifies ${CHANNEL}` : 'is pending afterwards';
    return new ConfigurationError(
      code,
      `a block of ${table.blocksName} that the worker writes '${wrote}' ${what}, by a rule or a trigger: it would be embedded for ever`,
      { fix: `look for it among the rules and triggers that psql shows: \\d+ ${table.blocksName}` },
    );
  }
  const what = isNotified ? `notifies ${CHANNEL}` : `sets a block pending that was written '${wrote}'`;
  const names = listed([...new Set(culprits.map(({ name }) => `"${name}"`))]);
  return new ConfigurationError(
    code,
    `the worker's own write of ${ourColumns(table).join(' and ')} fires the trigger ${names} on ${table.blocksName}, which ${what}: every stored vector would ask for the next, for ever`,
    { fix: await remediesFor(db, table, culprits) },
  );
}

async function isIgnored(db: Database, table: BlocksTable, wrote: BlockStatus): Promise<ConfigurationError> {
  const fired = firedByUs(await readTriggers(db, table));
  const names = listed([...new Set(fired.map(({ name }) => `"${name}"`))]);
  const by = fired.length > 0 ? `the trigger ${names}` : 'a rule or a trigger';
  return new ConfigurationError(
    'SCHEMA_WRITE',
    `${table.blocksName} does not keep the worker's own write of ${table.columns.status} = '${wrote}': ${by} undoes it without an error`,
    {
      fix:
        fired.length > 0
          ? await remediesFor(db, table, fired)
          : `look for it among the rules and triggers that psql shows: \\d+ ${table.blocksName}`,
    },
  );
}
