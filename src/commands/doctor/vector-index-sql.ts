import { qualifyVectorName } from '../../blocks/qualify-vector-name.js';
import type { BlocksIndex } from '../../blocks/sql/read-indexes.js';
import type { BlocksRelation } from '../../blocks/sql/read-relations.js';
import type { BlocksTable } from '../../blocks/table.js';
import { quoteColumn, quoteTable } from '../../postgres/identifiers.js';

/** The operator class that a search by cosine distance can use. */
export const COSINE = 'vector_cosine_ops';

/** NAMEDATALEN less one. */
const MAX_NAME_BYTES = 63;
/** Bytes of the column's name, which leaves most of the index name to the table's. */
const MAX_COLUMN_BYTES = 30;

/** How the names of our indexes end: `_embedding_idx`. */
export function nameEnding({ columns }: BlocksTable): string {
  return `_${cut(columns.embedding, MAX_COLUMN_BYTES)}_idx`;
}

export interface VectorIndexPlan {
  readonly table: BlocksTable;
  /** The blocks table and its partitions, parents first. */
  readonly relations: readonly BlocksRelation[];
  /** All indexes on the embedding column. */
  readonly indexes: readonly BlocksIndex[];
  readonly method: string;
  /** `schema.name` of existing relations. */
  readonly taken: ReadonlySet<string>;
}

/**
 * The statements that give every table of blocks a search index without blocking writes. A partitioned table gets a
 * partitioned index, which PostgreSQL then adds to each new partition. That one cannot be built CONCURRENTLY; those of the
 * partitions can, and are attached to it.
 */
export function buildVectorIndexes(plan: VectorIndexPlan): string[] {
  const { table, relations, indexes, method } = plan;
  const columns = `USING ${method} (${table.embedding} ${qualifyVectorName(table, COSINE)})`;
  const holders = relations.filter(({ isPartitioned, isForeign }) => !isPartitioned && !isForeign);
  const unindexed = holders.filter(
    ({ oid }) => !indexes.some((index) => index.relation === oid && index.operators === COSINE),
  );
  const partitioned = relations.filter(({ isPartitioned }) => isPartitioned);
  if (partitioned.length === 0) return unindexed.map(({ sql }) => `CREATE INDEX CONCURRENTLY ON ${sql} ${columns};`);

  const name = namer(plan.taken, nameEnding(table));
  const fits = (index: BlocksIndex) => index.operators === COSINE && index.method === method && index.isPlain;
  const parentIndexes: string[] = [];
  const partitionIndexes: string[] = [];
  /** By relation: the quoted name of its index, and what the index is attached to. */
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
    const newName = name(relation);
    indexOf.set(relation.oid, { name: quoteTable(relation.schema, newName), attachedTo: null });
    if (relation.isPartitioned)
      parentIndexes.push(`CREATE INDEX ${quoteColumn(newName)} ON ONLY ${relation.sql} ${columns};`);
    else partitionIndexes.push(`CREATE INDEX CONCURRENTLY ${quoteColumn(newName)} ON ${relation.sql} ${columns};`);
  }
  // Bottom up: an index becomes valid once those of all its partitions are attached.
  const attached = [...holders, ...partitioned.toReversed()].flatMap(({ oid, parents }) => {
    const index = indexOf.get(oid);
    const parent = indexOf.get(parents[0] ?? '');
    if (index === undefined || parent === undefined) return [];
    if (index.attachedTo !== null && index.attachedTo === parent.oid) return [];
    return [`ALTER INDEX ${parent.name} ATTACH PARTITION ${index.name};`];
  });
  return [...parentIndexes, ...partitionIndexes, ...attached];
}

/** Returns a function that names each table's index, unique in its schema. */
function namer(taken: ReadonlySet<string>, nameEnd: string): (relation: BlocksRelation) => string {
  const used = new Set(taken);
  return ({ schema, table }) => {
    for (let number = 0; ; number += 1) {
      const ending = number === 0 ? nameEnd : `${nameEnd}${number}`;
      const name = `${cut(table, MAX_NAME_BYTES - Buffer.byteLength(ending))}${ending}`;
      if (used.has(`${schema}.${name}`)) continue;
      used.add(`${schema}.${name}`);
      return name;
    }
  };
}

/** Shortens a text to at most this many bytes of UTF-8, without splitting a character. */
function cut(text: string, bytes: number): string {
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes), { stream: true });
}
