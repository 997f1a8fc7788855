import { qualifyVectorName } from '../../blocks/qualify-vector-name.js';
import type { BlocksIndex } from '../../blocks/sql/read-indexes.js';
import type { BlocksRelation } from '../../blocks/sql/read-relations.js';
import type { BlocksTable } from '../../blocks/table.js';
import { quoteColumn, quoteTable } from '../../postgres/identifiers.js';

/** The operator class that a search by cosine distance can use. */
export const COSINE = 'vector_cosine_ops';
/** How the names of our indexes end: `_embedding_idx`. */
export function nameEnding({ columns }: BlocksTable): string {
  return `_${cut(columns.embedding, LONGEST_COLUMN)}_idx`;
}
/** NAMEDATALEN less one, in bytes. */
const LONGEST_NAME = 63;
/** Of the column's name, so that most of the table's fits beside it. */
const LONGEST_COLUMN = 30;

export interface VectorIndexPlan {
  readonly table: BlocksTable;
  /** The blocks table and all below it, each after those it belongs to. */
  readonly relations: readonly BlocksRelation[];
  /** All indexes on the embedding column. */
  readonly indexes: readonly BlocksIndex[];
  readonly method: string;
  /** `schema.name` of what is there already. */
  readonly taken: ReadonlySet<string>;
}

/**
 * The statements that give every table of blocks an index for search, without blocking writes. A partitioned table gets
 * its own over those of its partitions, which PostgreSQL then makes for each new partition; it cannot be built
 * CONCURRENTLY, but those of the partitions can, and are attached to it.
 */
export function buildVectorIndexes(plan: VectorIndexPlan): string[] {
  const { table, relations, indexes, method } = plan;
  const columns = `USING ${method} (${table.embedding} ${qualifyVectorName(table, COSINE)})`;
  const holders = relations.filter(({ isPartitioned, isForeign }) => !isPartitioned && !isForeign);
  const lacking = holders.filter(
    ({ oid }) => !indexes.some((index) => index.relation === oid && index.operators === COSINE),
  );
  const partitioned = relations.filter(({ isPartitioned }) => isPartitioned);
  if (partitioned.length === 0) return lacking.map(({ sql }) => `CREATE INDEX CONCURRENTLY ON ${sql} ${columns};`);

  const name = namer(plan.taken, nameEnding(table));
  const fits = (index: BlocksIndex) => index.operators === COSINE && index.method === method && index.isPlain;
  const tops: string[] = [];
  const leaves: string[] = [];
  /** By relation: its index as statements name it, and what it is attached to. */
  const indexOf = new Map<
    string,
    { readonly name: string; readonly oid?: string; readonly attachedTo: string | null }
  >();
  for (const relation of [...partitioned, ...holders]) {
    const existing = indexes.find((index) => index.relation === relation.oid && fits(index));
    if (existing !== undefined) {
      indexOf.set(relation.oid, existing);
      continue;
    }
    const made = name(relation);
    indexOf.set(relation.oid, { name: quoteTable(relation.schema, made), attachedTo: null });
    if (relation.isPartitioned) tops.push(`CREATE INDEX ${quoteColumn(made)} ON ONLY ${relation.sql} ${columns};`);
    else leaves.push(`CREATE INDEX CONCURRENTLY ${quoteColumn(made)} ON ${relation.sql} ${columns};`);
  }
  // Upwards: an index is valid once all that belong to it are attached.
  const attached = [...holders, ...partitioned.toReversed()].flatMap(({ oid, parents }) => {
    const index = indexOf.get(oid);
    const above = indexOf.get(parents[0] ?? '');
    if (index === undefined || above === undefined) return [];
    if (index.attachedTo !== null && index.attachedTo === above.oid) return [];
    return [`ALTER INDEX ${above.name} ATTACH PARTITION ${index.name};`];
  });
  return [...tops, ...leaves, ...attached];
}

/** Gives each table's index a name that is free in its schema. */
function namer(taken: ReadonlySet<string>, nameEnd: string): (relation: BlocksRelation) => string {
  const used = new Set(taken);
  return ({ schema, table }) => {
    for (let number = 0; ; number += 1) {
      const ending = number === 0 ? nameEnd : `${nameEnd}${number}`;
      const name = `${cut(table, LONGEST_NAME - Buffer.byteLength(ending))}${ending}`;
      if (used.has(`${schema}.${name}`)) continue;
      used.add(`${schema}.${name}`);
      return name;
    }
  };
}

/** No more than so many bytes of UTF-8, without part of a character at the end. */
function cut(text: string, bytes: number): string {
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes), { stream: true });
}
