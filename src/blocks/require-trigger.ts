import type { Database } from '../postgres/database.js';
import { withFullNames } from '../postgres/full-names.js';
import { quoteColumn } from '../postgres/identifiers.js';
import { ConfigurationError } from '../base/errors.js';
import { listed, readRelations, type BlocksRelation } from './relations.js';
import type { BlocksTable } from './table.js';
import { copyTrigger } from './trigger-sql.js';
import { CHANNEL, readTriggers, type Trigger } from './trigger.js';

/** What gets a database without the API's trigger one. */
const MIGRATE = `run the API's migration (phase 6b); on a database of your own: psql "$PALDOCS_DATABASE_URL" -f migrations-noop/trigger.sql`;

const EVENTS = [
  { event: 'INSERT', isOn: ({ onInsert }: Trigger) => onInsert },
  { event: 'UPDATE', isOn: ({ onUpdate }: Trigger) => onUpdate },
] as const;

/**
 * Checks that the API's trigger is there, enabled for the API's sessions, and fires on inserts and updates, in each table
 * that holds blocks.
 *
 * @throws ConfigurationError saying what is missing, and on which partition, with the SQL that helps
 */
export async function requireTrigger(db: Database, table: BlocksTable): Promise<void> {
  const relations = await readRelations(db, table);
  const triggers = await readTriggers(db, table);
  const visible = triggers.filter(({ notifies }) => notifies);
  // A trigger whose function calls the one that notifies cannot be recognised; it gets the benefit of the doubt.
  const candidates = visible.length > 0 ? visible : triggers;
  const holders = await holdersOf(db, relations);
  for (const { event, isOn } of EVENTS) {
    const covers = (holder: BlocksRelation, trigger: Trigger) =>
      isOn(trigger) && reach(relations, holder, trigger.forEachRow).has(trigger.relation);
    const without = holders.filter((holder) => !candidates.some((one) => one.enabled && covers(holder, one)));
    if (without.length === 0) continue;
    const disabled = candidates.filter((one) => !one.enabled && without.some((holder) => covers(holder, one)));
    if (disabled.length > 0) throw isDisabled(disabled, relations);
    const model = candidates.find((one) => one.enabled && one.forEachRow && isOn(one));
    throw await isMissing(db, table, event, without, without.length < holders.length ? model : undefined);
  }
}

/** The triggers of which table an edit of a block in `holder` fires: a statement's are those of the table it names. */
function reach(relations: readonly BlocksRelation[], holder: BlocksRelation, forEachRow: boolean): Set<string> {
  const reached = new Set([holder.oid]);
  if (forEachRow) return reached;
  for (const relation of relations.toReversed()) {
    if (reached.has(relation.oid)) for (const parent of relation.parents) reached.add(parent);
  }
  return reached;
}

/**
 * The tables that an edit can find a block in. One that others inherit from counts only if it has rows itself: it may be
 * there for their columns alone, its inserts sent on to them.
 */
async function holdersOf(db: Database, relations: readonly BlocksRelation[]): Promise<BlocksRelation[]> {
  const [root] = relations;
  const holders: BlocksRelation[] = [];
  for (const relation of relations.filter(({ isPartitioned }) => !isPartitioned)) {
    const isInherited = relations.some(({ parents }) => parents.includes(relation.oid));
    if (!isInherited || (await hasRows(db, relation))) holders.push(relation);
  }
  // Without any partition yet, those to come will get what the table has.
  return holders.length > 0 || root === undefined ? holders : [root];
}

async function hasRows(db: Database, { sql, oid }: BlocksRelation): Promise<boolean> {
  // Of the tables below, the role may have no privilege: rows are read through the one at the top.
  const [may] = await db.query<{ read: boolean }>(`SELECT has_table_privilege($1::oid, 'SELECT') AS read`, [oid]);
  if (may?.read !== true) return false;
  const [row] = await db.query<{ found: boolean }>(`SELECT EXISTS (SELECT FROM ONLY ${sql}) AS found`);
  return row?.found === true;
}

function isDisabled(disabled: readonly Trigger[], relations: readonly BlocksRelation[]): ConfigurationError {
  const on = ({ relation }: Trigger) => relations.find(({ oid }) => oid === relation);
  const names = disabled.map((trigger) => `"${trigger.name}" on ${on(trigger)?.name ?? ''}`);
  return new ConfigurationError(
    'SCHEMA_TRIGGER',
    `the trigger ${listed(names)} is disabled, so that nothing tells the worker of an edit`,
    {
      fix: disabled
        .map((trigger) => `ALTER TABLE ${on(trigger)?.sql ?? ''} ENABLE TRIGGER ${quoteColumn(trigger.name)};`)
        .join('\n'),
    },
  );
}

async function isMissing(
  db: Database,
  table: BlocksTable,
  event: string,
  without: readonly BlocksRelation[],
  model: Trigger | undefined,
): Promise<ConfigurationError> {
  const where = listed(model === undefined ? [table.blocksName] : without.map(({ name }) => name));
  const copies =
    model === undefined
      ? []
      : await withFullNames(db, async (tx) => {
          const statements: string[] = [];
          for (const { sql } of without) statements.push(...(await copyTrigger(tx, model.oid, sql)));
          return statements;
        });
  return new ConfigurationError(
    'SCHEMA_TRIGGER',
    `no trigger on ${where} notifies ${CHANNEL} after ${event}: nothing would tell the worker of an edit`,
    { fix: copies.length > 0 ? copies.join('\n') : MIGRATE },
  );
}
