import type { Database } from '../../postgres/database.js';
import { withFullNames } from '../../postgres/full-names.js';
import { quoteColumn } from '../../postgres/identifiers.js';
import { ConfigurationError } from '../../base/errors.js';
import { readRelations, type BlocksRelation } from '../sql/read-relations.js';
import type { BlocksTable } from '../table.js';
import { copyTrigger } from './trigger-sql.js';
import { joinNames } from './join-names.js';
import { CHANNEL } from '../channel.js';
import { readTriggers, type Trigger } from '../sql/read-triggers.js';

/** The fix for a database without the API's trigger. */
const MIGRATE = `run the API's migration (phase 6b); on a database of your own: psql "$PALDOCS_DATABASE_URL" -f migrations-noop/trigger.sql`;

const EVENTS = [
  { event: 'INSERT', isOn: ({ onInsert }: Trigger) => onInsert },
  { event: 'UPDATE', isOn: ({ onUpdate }: Trigger) => onUpdate },
] as const;

/**
 * Checks that each table with blocks has the API's trigger, that the API's sessions fire it, and that it fires on inserts
 * and updates.
 *
 * @throws ConfigurationError that says what is missing on which table, with the SQL that adds it
 */
export async function requireTrigger(db: Database, table: BlocksTable): Promise<void> {
  const relations = await readRelations(db, table);
  const triggers = await readTriggers(db, table);
  const visible = triggers.filter(({ notifies }) => notifies);
  // A trigger whose function calls another one to notify cannot be recognised. If none is recognised, accept any trigger.
  const candidates = visible.length > 0 ? visible : triggers;
  const holders = await findTablesWithBlocks(db, relations);
  for (const { event, isOn } of EVENTS) {
    const covers = (holder: BlocksRelation, trigger: Trigger) =>
      isOn(trigger) && tablesWhoseTriggersFire(relations, holder, trigger.forEachRow).has(trigger.relation);
    const without = holders.filter((holder) => !candidates.some((one) => one.enabled && covers(holder, one)));
    if (without.length === 0) continue;
    const disabled = candidates.filter((one) => !one.enabled && without.some((holder) => covers(holder, one)));
    if (disabled.length > 0) throw disabledError(disabled, relations);
    const template = candidates.find((one) => one.enabled && one.forEachRow && isOn(one));
    throw await missingError(db, table, event, without, without.length < holders.length ? template : undefined);
  }
}

/** The tables whose triggers an edit of a block in `holder` fires. Statement triggers fire on the table that the statement names. */
function tablesWhoseTriggersFire(
  relations: readonly BlocksRelation[],
  holder: BlocksRelation,
  forEachRow: boolean,
): Set<string> {
  const reached = new Set([holder.oid]);
  if (forEachRow) return reached;
  for (const relation of relations.toReversed()) {
    if (reached.has(relation.oid)) for (const parent of relation.parents) reached.add(parent);
  }
  return reached;
}

/**
 * The tables in which an edit can find a block. A table that others inherit from counts only if it has rows of its own:
 * it may only define their columns and redirect inserts to them.
 */
async function findTablesWithBlocks(db: Database, relations: readonly BlocksRelation[]): Promise<BlocksRelation[]> {
  const [root] = relations;
  const holders: BlocksRelation[] = [];
  for (const relation of relations.filter(({ isPartitioned }) => !isPartitioned)) {
    const isInherited = relations.some(({ parents }) => parents.includes(relation.oid));
    if (!isInherited || (await hasRows(db, relation))) holders.push(relation);
  }
  // New partitions get the triggers of the partitioned table.
  return holders.length > 0 || root === undefined ? holders : [root];
}

async function hasRows(db: Database, { sql, oid }: BlocksRelation): Promise<boolean> {
  // The role may lack privileges on the tables below, whose rows are read through the top table.
  const [may] = await db.query<{ read: boolean }>(`SELECT has_table_privilege($1::oid, 'SELECT') AS read`, [oid]);
  if (may?.read !== true) return false;
  const [row] = await db.query<{ found: boolean }>(`SELECT EXISTS (SELECT FROM ONLY ${sql}) AS found`);
  return row?.found === true;
}

function disabledError(disabled: readonly Trigger[], relations: readonly BlocksRelation[]): ConfigurationError {
  const on = ({ relation }: Trigger) => relations.find(({ oid }) => oid === relation);
  const names = disabled.map((trigger) => `"${trigger.name}" on ${on(trigger)?.name ?? ''}`);
  return new ConfigurationError(
    'SCHEMA_TRIGGER',
    `the trigger ${joinNames(names)} is disabled, so the worker is not notified of edits`,
    {
      fix: disabled
        .map((trigger) => `ALTER TABLE ${on(trigger)?.sql ?? ''} ENABLE TRIGGER ${quoteColumn(trigger.name)};`)
        .join('\n'),
    },
  );
}

async function missingError(
  db: Database,
  table: BlocksTable,
  event: string,
  without: readonly BlocksRelation[],
  template: Trigger | undefined,
): Promise<ConfigurationError> {
  const where = joinNames(template === undefined ? [table.blocksName] : without.map(({ name }) => name));
  const copies =
    template === undefined
      ? []
      : await withFullNames(db, async (tx) => {
          const statements: string[] = [];
          for (const { sql } of without) statements.push(...(await copyTrigger(tx, template.oid, sql)));
          return statements;
        });
  return new ConfigurationError(
    'SCHEMA_TRIGGER',
    `no trigger on ${where} notifies ${CHANNEL} after ${event}, so the worker is not notified of edits`,
    { fix: copies.length > 0 ? copies.join('\n') : MIGRATE },
  );
}
