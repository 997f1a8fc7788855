import type { Database, Queryable } from '../../postgres/database.js';
import { withStatementTimeout } from '../../postgres/statement-timeout.js';
import type { BlocksTable } from '../table.js';

/** Enough for several types of block; each row is written a dozen times. */
const MAX_ROWS = 6;
/** How much is read to find them. */
const PAGES_PER_PARTITION = 4;
const ROWS_TO_SCAN = 200;
const TIMEOUT_MS = 1_000;

export interface RowsToTry {
  readonly ids: readonly string[];
  /** Whether we embed them: a trigger may ignore blocks without text. */
  readonly areEmbeddable: boolean;
  /** The oids of their tables; undefined if the role may not read them. */
  readonly relations: ReadonlySet<string> | undefined;
}

/**
 * Finds blocks to try our writes on: of several types, and from each group of partitions with the same triggers. Prefers
 * blocks that we embed, judged by type and status.
 */
export async function findRowsToTry(db: Database, table: BlocksTable): Promise<RowsToTry> {
  const canReadTableOid = await canSelectAllColumns(db, table);
  const first = canReadTableOid ? await withStatementTimeout(db, TIMEOUT_MS, (tx) => findOnFirstPages(tx, table)) : [];
  const rows =
    first?.some(({ isEmbeddable }) => isEmbeddable) === true
      ? first
      : await withStatementTimeout(db, TIMEOUT_MS, (tx) => findAny(tx, table, canReadTableOid));
  const found = rows ?? first ?? [];
  const embeddable = found.filter(({ isEmbeddable }) => isEmbeddable);
  const chosen = embeddable.length > 0 ? embeddable : found;
  const rowsToTry = chosen.slice(0, MAX_ROWS);
  return {
    ids: rowsToTry.map(({ id }) => id),
    areEmbeddable: embeddable.length > 0,
    relations: canReadTableOid ? new Set(rowsToTry.map(({ relation }) => relation)) : undefined,
  };
}

interface Row {
  readonly id: string;
  readonly isEmbeddable: boolean;
  readonly relation: string;
}

/** ctid and tableoid need SELECT on the whole table, not only on columns. */
async function canSelectAllColumns(db: Queryable, table: BlocksTable): Promise<boolean> {
  const [row] = await db.query<{ may: boolean }>(`SELECT has_table_privilege(to_regclass($1), 'SELECT') AS may`, [
    table.blocks,
  ]);
  return row?.may === true;
}

/** A Tid Range Scan reads the first pages of each partition. */
async function findOnFirstPages(tx: Queryable, table: BlocksTable): Promise<Row[]> {
  return await tx.query<Row>(
    `WITH found AS (
  SELECT b.${table.id}::text AS id, b.${table.type}::text AS type, ${isEmbeddableSql(table)} AS embeddable, b.tableoid AS relation
    FROM ${table.blocks} b WHERE b.ctid < '(${PAGES_PER_PARTITION},0)'::tid
), triggers AS (
  SELECT tgrelid AS relation, string_agg(concat_ws(' ', tgname, tgfoid, tgtype, tgenabled, tgattr), ',' ORDER BY tgname) AS shape
    FROM pg_trigger GROUP BY tgrelid
), kinds AS (
  SELECT DISTINCT ON (embeddable, triggers.shape, type) id, embeddable, relation, triggers.shape, type
    FROM found LEFT JOIN triggers USING (relation)
   ORDER BY embeddable DESC, triggers.shape, type, id
)
SELECT id, embeddable AS "isEmbeddable", relation::text AS relation FROM kinds ORDER BY embeddable DESC, row_number() OVER (PARTITION BY embeddable, kinds.shape ORDER BY type) LIMIT ${MAX_ROWS}`,
  );
}

async function findAny(tx: Queryable, table: BlocksTable, canReadTableOid: boolean): Promise<Row[]> {
  const first = async (condition: string) =>
    await tx.query<Row>(
      `SELECT DISTINCT ON (type) id, embeddable AS "isEmbeddable", relation
  FROM (SELECT b.${table.id}::text AS id, b.${table.type}::text AS type, ${isEmbeddableSql(table)} AS embeddable,
               ${canReadTableOid ? 'b.tableoid::text' : "''"} AS relation
          FROM ${table.blocks} b WHERE ${condition} LIMIT ${ROWS_TO_SCAN}) found
 ORDER BY type LIMIT ${MAX_ROWS}`,
    );
  const embeddable = await first(isEmbeddableSql(table));
  return embeddable.length > 0 ? embeddable : await first('true');
}

function isEmbeddableSql(table: BlocksTable): string {
  return `(b.${table.type}::text = 'mermaid' OR b.${table.status}::text = 'skipped') IS NOT TRUE`;
}
