import type { Database, Queryable } from '../../postgres/database.js';
import { quoteColumn } from '../../postgres/identifiers.js';
import type { BlocksTable } from '../table.js';
import { copyTrigger } from './trigger-sql.js';
import type { Trigger } from '../sql/read-triggers.js';
import { isAnswer, trying, type Tried } from './trial.js';

/** Partitions with triggers of their own are few kinds. */
const MOST_KINDS = 4;

/**
 * Where there is no block to try our writes on: tries them on one of our own, in a temporary table of the same name and
 * columns with copies of the triggers, and rolls it back.
 *
 * Only a loop is proved by it: a trigger that fails there may miss what the API would have written.
 *
 * @param triggers those that our sessions fire
 * @param tried the oids of the tables that blocks were tried in, whose triggers need not be copied
 */
export async function tryOnCopy(
  db: Database,
  table: BlocksTable,
  triggers: readonly Trigger[],
  tried: ReadonlySet<string> = new Set(),
): Promise<Tried> {
  const kinds = kindsOf(triggers).filter((kind) => !kind.relations.some((relation) => tried.has(relation)));
  for (const { triggers: some } of kinds.slice(0, MOST_KINDS)) {
    try {
      const outcome = await trying(db, async (tx, walk) => {
        const copy = await makeCopy(tx, table, some);
        return await walk(copy, [await insertBlock(tx, copy)]);
      });
      if (outcome.outcome === 'loop') return outcome;
    } catch (error) {
      if (!isAnswer(error)) throw error;
    }
  }
  return { outcome: 'untried', reason: 'there is no block yet' };
}

interface Kind {
  /** The oids of the tables that have such triggers. */
  readonly relations: string[];
  /** Those of one of them. */
  readonly triggers: readonly Trigger[];
}

/** The triggers of each table that has some which an update of our columns fires, once where several have the same. */
function kindsOf(triggers: readonly Trigger[]): Kind[] {
  const kinds = new Map<string, Kind>();
  for (const relation of new Set(triggers.map((trigger) => trigger.relation))) {
    const own = triggers.filter((trigger) => trigger.relation === relation);
    if (!own.some(({ coversOurColumns }) => coversOurColumns)) continue;
    const shape = own.map(({ name, functionName, coversOurColumns }) => [name, functionName, coversOurColumns]);
    const kind = kinds.get(JSON.stringify(shape)) ?? { relations: [], triggers: own };
    kind.relations.push(relation);
    kinds.set(JSON.stringify(shape), kind);
  }
  return [...kinds.values()];
}

async function makeCopy(tx: Queryable, table: BlocksTable, triggers: readonly Trigger[]): Promise<BlocksTable> {
  const [original] = await tx.query<{ name: string }>(
    'SELECT relname::text AS name FROM pg_class WHERE oid = to_regclass($1)',
    [table.blocks],
  );
  // A function that names the table without its schema finds this one.
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
 * Inserts a block as the API would, and writes it once: triggers may complete it then, and what they do to one that is
 * complete is what counts.
 */
async function insertBlock(tx: Queryable, table: BlocksTable): Promise<string> {
  const { blocks, id, idType, columns } = table;
  const value = idType === 'uuid' ? '00000000-0000-4000-8000-000000000000' : '1';
  const block = {
    [columns.id]: value,
    [columns.type]: await someType(tx, blocks, columns.type),
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
  return value;
}

/** A type of block that holds text, as far as can be told. */
async function someType(tx: Queryable, blocks: string, column: string): Promise<string | null> {
  const [row] = await tx.query<{ type: string | null }>(
    `SELECT CASE WHEN t.typcategory = 'S' THEN 'paragraph'
            ELSE (SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid AND enumlabel <> 'mermaid' ORDER BY enumsortorder LIMIT 1)
       END AS type
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = to_regclass($1) AND a.attname = $2`,
    [blocks, column],
  );
  return row?.type ?? null;
}
