import type { Queryable } from '../../postgres/database.js';
import { onOneLine } from '../../postgres/identifiers.js';
import { writtenColumns, type BlocksTable } from '../table.js';

/** The parts of a trigger from which another can be created. */
interface Definition {
  /** Quoted where SQL needs it. */
  readonly name: string;
  /** pg_trigger.tgtype, whose bits are those of pg_trigger.h. */
  readonly type: number;
  /** pg_trigger.tgenabled: O, A, R or D. */
  readonly mode: string;
  readonly isConstraint: boolean;
  /** Has REFERENCING … TABLE, which excludes a column list. */
  readonly comparesTables: boolean;
  /** The columns of UPDATE OF, quoted where SQL needs it. */
  readonly columns: readonly string[];
  /** With its schema, quoted where SQL needs it. */
  readonly relation: string;
  /** As pg_get_triggerdef prints it. */
  readonly definition: string;
}

/**
 * The SQL that makes these triggers fire only on the columns of the text and changes nothing else about them. Empty for
 * triggers that compare tables: PostgreSQL allows them no column list.
 *
 * @param db with an empty search path
 * @param oids of triggers; for a partition's copy, the original is restricted
 */
export async function restrictTriggers(db: Queryable, table: BlocksTable, oids: readonly string[]): Promise<string[]> {
  const definitions = await readDefinitions(db, oids);
  const { type, content } = table.columns;
  const text = await quoteIdents(db, [type, content]);
  const ours = await quoteIdents(db, writtenColumns(table));
  return definitions.filter(({ comparesTables }) => !comparesTables).flatMap((one) => restrictedSql(one, text, ours));
}

/**
 * The SQL that creates the same trigger on another table.
 *
 * @param db with an empty search path
 * @param sql the other table, quoted
 */
export async function copyTrigger(db: Queryable, oid: string, sql: string): Promise<string[]> {
  const definitions = await db.query<Definition>(`${SELECT} WHERE t.oid = $1::oid`, [oid]);
  return definitions.map((one) => {
    const replace = one.isConstraint ? '' : 'OR REPLACE ';
    return `CREATE ${replace}${kindOf(one)} ${one.name} ${eventsOf(one, one.columns)} ON ${sql}${restOf(one)};`;
  });
}

const SELECT = `SELECT quote_ident(t.tgname) AS name, t.tgtype::int AS type, t.tgenabled::text AS mode,
       t.tgconstraint <> 0 AS "isConstraint", t.tgoldtable IS NOT NULL OR t.tgnewtable IS NOT NULL AS "comparesTables",
       ARRAY(SELECT quote_ident(a.attname) FROM pg_attribute a WHERE a.attrelid = t.tgrelid AND a.attnum = ANY (t.tgattr::int2[])
              ORDER BY a.attnum) AS columns,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS relation, pg_get_triggerdef(t.oid) AS definition
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace`;

async function readDefinitions(db: Queryable, oids: readonly string[]): Promise<Definition[]> {
  return await db.query<Definition>(
    `WITH RECURSIVE origin AS (
  SELECT oid, tgparentid FROM pg_trigger WHERE oid = ANY ($1::oid[])
  UNION
  SELECT t.oid, t.tgparentid FROM origin JOIN pg_trigger t ON t.oid = origin.tgparentid
)
${SELECT} WHERE t.oid IN (SELECT oid FROM origin WHERE tgparentid = 0) ORDER BY 1, relation`,
    [oids],
  );
}

/** Names quoted where SQL needs it, as pg_get_triggerdef prints them. */
async function quoteIdents(db: Queryable, names: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ name: string }>('SELECT quote_ident(name) AS name FROM unnest($1::text[]) name', [
    names,
  ]);
  return rows.map(({ name }) => name);
}

/** @param text the columns that the text is built from */
function restrictedSql(one: Definition, text: readonly string[], ours: readonly string[]): string[] {
  const others = one.columns.filter((column) => !ours.includes(column));
  const events = eventsOf(one, others.length > 0 ? others : text);
  const rest = `${kindOf(one)} ${one.name} ${events} ON ${one.relation}${restOf(one)};`;
  // A constraint trigger cannot be replaced, only recreated. A new trigger fires in ordinary sessions only (mode O).
  const create = one.isConstraint
    ? [`DROP TRIGGER ${one.name} ON ${one.relation};`, `CREATE ${rest}`]
    : [`CREATE OR REPLACE ${rest}`];
  const enable = { A: 'ENABLE ALWAYS', R: 'ENABLE REPLICA', D: 'DISABLE' }[one.mode];
  return enable === undefined ? create : [...create, `ALTER TABLE ${one.relation} ${enable} TRIGGER ${one.name};`];
}

function kindOf({ isConstraint }: Definition): string {
  return isConstraint ? 'CONSTRAINT TRIGGER' : 'TRIGGER';
}

function eventsOf({ type }: Definition, columns: readonly string[]): string {
  const timing = (type & 2) !== 0 ? 'BEFORE' : (type & 64) !== 0 ? 'INSTEAD OF' : 'AFTER';
  const of = columns.length > 0 ? ` OF ${columns.join(', ')}` : '';
  const events = [
    ...((type & 4) !== 0 ? ['INSERT'] : []),
    ...((type & 8) !== 0 ? ['DELETE'] : []),
    ...((type & 16) !== 0 ? [`UPDATE${of}`] : []),
    ...((type & 32) !== 0 ? ['TRUNCATE'] : []),
  ];
  return `${timing} ${events.join(' OR ')}`;
}

/** What follows the table in the definition: REFERENCING, FOR EACH, WHEN, EXECUTE. */
function restOf({ definition, relation, name, isConstraint }: Definition): string {
  const head = `CREATE ${isConstraint ? 'CONSTRAINT ' : ''}TRIGGER ${name} `;
  const on = ` ON ${relation} `;
  return onOneLine(definition.slice(definition.indexOf(on, head.length) + on.length - 1));
}
