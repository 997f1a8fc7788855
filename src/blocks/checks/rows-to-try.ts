import type { Database, Queryable } from '../../postgres/database.js';
import { withStatementTimeout } from '../../postgres/statement-timeout.js';
import type { BlocksTable } from '../table.js';

/** Enough to have several types of block; each is written a dozen times. */
const MOST_ROWS = 6;
/** Of each partition, what is read to find some. */
const PAGES = 4;
const ROWS = 200;
const LIMIT_MS = 1_000;

export interface RowsToTry {
  readonly ids: readonly string[];
  /** Whether they are such as we embed: a trigger may leave alone those that hold no text. */
  readonly embeddable: boolean;
  /** The oids of the tables that they are in; undefined where the role may not know, as one that is granted columns. */
  readonly relations: ReadonlySet<string> | undefined;
}

/**
 * Some blocks to try our write on: of several types, and of each group of partitions that have the same triggers.
 * Embeddable ones, as far as type and status tell, or else any.
 */
export async function findRowsToTry(db: Database, table: BlocksTable): Promise<RowsToTry> {
  const maySeePlace = await maySelectAll(db, table);
  const first = maySeePlace ? await withStatementTimeout(db, LIMIT_MS, (tx) => findOnFirstPages(tx, table)) : [];
  const rows =
    first?.some(({ embeddable }) => embeddable) === true
      ? first
      : await withStatementTimeout(db, LIMIT_MS, (tx) => findAny(tx, table, maySeePlace));
  const found = rows ?? first ?? [];
  const embeddable = found.filter((row) => row.embeddable);
  const chosen = embeddable.length > 0 ? embeddable : found;
  const rowsToTry = chosen.slice(0, MOST_ROWS);
  return {
    ids: rowsToTry.map(({ id }) => id),
    embeddable: embeddable.length > 0,
    relations: maySeePlace ? new Set(rowsToTry.map(({ relation }) => relation)) : undefined,
  };
}

interface Row {
  readonly id: string;
  readonly embeddable: boolean;
  readonly relation: string;
}

/** A role that is granted columns may not name ctid and tableoid. */
async function maySelectAll(db: Queryable, table: BlocksTable): Promise<boolean> {
  const [may] = await db.query<{ read: boolean }>(`SELECT has_table_privilege(to_regclass($1), 'SELECT') AS read`, [
    table.blocks,
  ]);
  return may?.read === true;
}

/** A Tid Range Scan reads the first pages of each partition. */
async function findOnFirstPages(tx: Queryable, table: BlocksTable): Promise<Row[]> {
  return await tx.query<Row>(
    `WITH found AS (
  SELECT b.${table.id}::text AS id, b.${table.type}::text AS type, ${isEmbeddable(table)} AS embeddable, b.tableoid AS relation
    FROM ${table.blocks} b WHERE b.ctid < '(${PAGES},0)'::tid
), triggers AS (
  SELECT tgrelid AS relation, string_agg(concat_ws(' ', tgname, tgfoid, tgtype, tgenabled, tgattr), ',' ORDER BY tgname) AS shape
    FROM pg_trigger GROUP BY tgrelid
), kinds AS (
  SELECT DISTINCT ON (embeddable, triggers.shape, type) id, embeddable, relation, triggers.shape, type
    FROM found LEFT JOIN triggers USING (relation)
   ORDER BY embeddable DESC, triggers.shape, type, id
)
SELECT id, embeddable, relation::text AS relation FROM kinds ORDER BY embeddable DESC, row_number() OVER (PARTITION BY embeddable, kinds.shape ORDER BY type) LIMIT ${MOST_ROWS}`,
  );
}

async function findAny(tx: Queryable, table: BlocksTable, maySeePlace: boolean): Promise<Row[]> {
  const first = async (condition: string) =>
    await tx.query<Row>(
      `SELECT DISTINCT ON (type) id, embeddable, relation
  FROM (SELECT b.${table.id}::text AS id, b.${table.type}::text AS type, ${isEmbeddable(table)} AS embeddable,
               ${maySeePlace ? 'b.tableoid::text' : "''"} AS relation
          FROM ${table.blocks} b WHERE ${condition} LIMIT ${ROWS}) found
 ORDER BY type LIMIT ${MOST_ROWS}`,
    );
  const embeddable = await first(isEmbeddable(table));
  return embeddable.length > 0 ? embeddable : await first('true');
}

function isEmbeddable(table: BlocksTable): string {
  return `(b.${table.type}::text = 'mermaid' OR b.${table.status}::text = 'skipped') IS NOT TRUE`;
}
