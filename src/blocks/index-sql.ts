import { quoteColumn, quoteTable } from '../postgres/identifiers.js';
import type { BlocksIndex } from './sql/read-indexes.js';
import type { BlocksRelation } from './sql/read-relations.js';

/** NAMEDATALEN less one. */
const MAX_NAME_BYTES = 63;
/** Bytes of the column's name, which leaves most of the index name to the table's. */
const MAX_COLUMN_BYTES = 30;

/** How the names of our indexes on a column end: `_embedding_idx`. */
export function nameEnding(column: string): string {
  return `_${cut(column, MAX_COLUMN_BYTES)}_idx`;
}

export interface IndexPlan {
  /** What follows the table's name: `USING hnsw ("embedding" vector_cosine_ops)`. */
  readonly definition: string;
  /** How the names of new indexes end. */
  readonly nameEnd: string;
  /** The blocks table and its partitions, parents first. */
  readonly relations: readonly BlocksRelation[];
  readonly indexes: readonly BlocksIndex[];
  /** Whether a table that has this index needs no new one. */
  readonly suffices: (index: BlocksIndex) => boolean;
  /** Whether this index can be attached to the one of the partitioned table. */
  readonly isAttachable: (index: BlocksIndex) => boolean;
  /** `schema.name` of existing relations. */
  readonly taken: ReadonlySet<string>;
}

/**
 * The statements that give every table of blocks an index without blocking writes. A partitioned table gets a partitioned
 * index, which PostgreSQL then adds to each new partition. That one cannot be built CONCURRENTLY; those of the partitions
 * can, and are attached to it.
 */
export function buildIndexes(plan: IndexPlan): string[] {
  const { definition, relations, indexes, suffices, isAttachable } = plan;
  const holders = relations.filter(({ isPartitioned, isForeign }) => !isPartitioned && !isForeign);
  const partitioned = relations.filter(({ isPartitioned }) => isPartitioned);
  if (partitioned.length === 0) {
    return holders
      .filter(({ oid }) => !indexes.some((index) => index.relation === oid && suffices(index)))
      .map(({ sql }) => `CREATE INDEX CONCURRENTLY ON ${sql} ${definition};`);
  }

  const name = namer(plan.taken, plan.nameEnd);
  const parentIndexes: string[] = [];
  const partitionIndexes: string[] = [];
  /** By relation: the quoted name of its index, and what the index is attached to. */
  const indexOf = new Map<
    string,
    { readonly name: string; readonly oid?: string; readonly attachedTo: string | null }
  >();
  for (const relation of [...partitioned, ...holders]) {
    const existing = indexes.find((index) => index.relation === relation.oid && isAttachable(index));
    if (existing !== undefined) {
      indexOf.set(relation.oid, existing);
      continue;
    }
    const newName = name(relation);
    indexOf.set(relation.oid, { name: quoteTable(relation.schema, newName), attachedTo: null });
    if (relation.isPartitioned)
      parentIndexes.push(`CREATE INDEX ${quoteColumn(newName)} ON ONLY ${relation.sql} ${definition};`);
    else partitionIndexes.push(`CREATE INDEX CONCURRENTLY ${quoteColumn(newName)} ON ${relation.sql} ${definition};`);
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
