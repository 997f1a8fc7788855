import type { Database, Queryable } from '../../postgres/database.js';
import { quoteColumn } from '../../postgres/identifiers.js';
import type { OtherStatus } from '../sql/read-other-statuses.js';
import type { Trigger } from '../sql/read-triggers.js';
import type { BlocksTable } from '../table.js';
import { isStatementError, runTrial, type TrialResult } from './trial.js';
import { copyTrigger } from './trigger-sql.js';

/** Partitions rarely have more different sets of triggers. */
const MAX_GROUPS = 4;

/**
 * Tries our writes where no block exists to try them on: on a block that we insert into a temporary table, which has the
 * same name, columns and triggers. Everything is rolled back.
 *
 * This can only prove a loop: a trigger that fails here may need something that the API would have written.
 *
 * @param triggers those that our sessions fire
 * @param otherStatuses see `runTrial`
 * @param tried the oids of the tables whose blocks were tried; their triggers need no copy
 */
export async function tryOnCopy(
  db: Database,
  table: BlocksTable,
  triggers: readonly Trigger[],
  otherStatuses: readonly OtherStatus[],
  tried: ReadonlySet<string> = new Set(),
): Promise<TrialResult> {
  const groups = groupTriggers(triggers).filter((group) => !group.relations.some((relation) => tried.has(relation)));
  for (const group of groups.slice(0, MAX_GROUPS)) {
    try {
      const result = await runTrial(db, otherStatuses, async (tx, trySteps) => {
        const copy = await createCopy(tx, table, group.triggers);
        return await trySteps(copy, [await insertBlock(tx, copy, otherStatuses)]);
      });
      if (result.outcome === 'loop' || result.outcome === 'other-pending') return result;
    } catch (error) {
      if (!isStatementError(error)) throw error;
    }
  }
  return { outcome: 'not-tried', reason: 'the table has no blocks' };
}

/** Tables that have the same triggers. */
interface TriggerGroup {
  /** The oids of the tables. */
  readonly relations: string[];
  /** The triggers of one of them. */
  readonly triggers: readonly Trigger[];
}

/** Groups the tables by their triggers; leaves out tables where an update of our two columns fires none. */
function groupTriggers(triggers: readonly Trigger[]): TriggerGroup[] {
  const groups = new Map<string, TriggerGroup>();
  for (const relation of new Set(triggers.map((trigger) => trigger.relation))) {
    const own = triggers.filter((trigger) => trigger.relation === relation);
    if (!own.some(({ coversWrittenColumns }) => coversWrittenColumns)) continue;
    const key = JSON.stringify(
      own.map(({ name, functionName, coversWrittenColumns }) => [name, functionName, coversWrittenColumns]),
    );
    const group = groups.get(key) ?? { relations: [], triggers: own };
    group.relations.push(relation);
    groups.set(key, group);
  }
  return [...groups.values()];
}

async function createCopy(tx: Queryable, table: BlocksTable, triggers: readonly Trigger[]): Promise<BlocksTable> {
  const [original] = await tx.query<{ name: string }>(
    'SELECT relname::text AS name FROM pg_class WHERE oid = to_regclass($1)',
    [table.blocks],
  );
  // A trigger function that names the table without its schema finds the copy.
  const name = quoteColumn(original?.name ?? 'blocks');
  await tx.query(`CREATE TEMPORARY TABLE ${name} ON COMMIT DROP AS TABLE ${table.blocks} WITH NO DATA`);
  const copy = { ...table, blocks: `pg_temp.${name}` };
  for (const trigger of triggers) {
    for (const statement of await copyTrigger(tx, trigger.oid, copy.blocks)) await tx.query(statement);
    await tx.query(`ALTER TABLE ${copy.blocks} ENABLE ALWAYS TRIGGER ${quoteColumn(trigger.name)}`);
  }
  return copy;
}

/**
 * Inserts a block as the API would, and writes to it once: triggers may then fill in what the API leaves out. What counts
 * is what they do to a complete block.
 */
async function insertBlock(tx: Queryable, table: BlocksTable, otherStatuses: readonly OtherStatus[]): Promise<string> {
  const { blocks, id, idType, columns } = table;
  const value = idType === 'uuid' ? '00000000-0000-4000-8000-000000000000' : '1';
  const block = {
    [columns.id]: value,
    [columns.type]: await findTextType(tx, blocks, columns.type),
    [columns.content]: 'text',
    [columns.status]: 'pending',
  };
  await tx.query(`INSERT INTO ${blocks} SELECT * FROM jsonb_populate_record(NULL::${blocks}, $1::text::jsonb)`, [
    JSON.stringify(block),
  ]);
  await tx.query(
    `UPDATE ${blocks} SET ${table.embedding} = NULL, ${table.status} = 'processing' WHERE ${id} = $1::text::${idType}`,
    [value],
  );
  // In a statement of its own, after the triggers: as the workers of the other models leave it.
  const others = otherStatuses.map(({ name }) => `${quoteColumn(name)} = 'completed'`);
  if (others.length > 0) await tx.query(`UPDATE ${blocks} SET ${others.join(', ')}`);
  return value;
}

/** A block type that probably has text. */
async function findTextType(tx: Queryable, blocks: string, column: string): Promise<string | null> {
  const [row] = await tx.query<{ type: string | null }>(
    `SELECT CASE WHEN t.typcategory = 'S' THEN 'paragraph'
            ELSE (SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid AND enumlabel <> 'mermaid' ORDER BY enumsortorder LIMIT 1)
       END AS type
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = to_regclass($1) AND a.attname = $2`,
    [blocks, column],
  );
  return row?.type ?? null;
}
