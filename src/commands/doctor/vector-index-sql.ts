import { buildIndexes, nameEnding, type IndexPlan } from '../../blocks/index-sql.js';
import { qualifyVectorName } from '../../blocks/qualify-vector-name.js';
import type { BlocksIndex } from '../../blocks/sql/read-indexes.js';
import type { BlocksTable } from '../../blocks/table.js';
import type { VectorKind } from '../../postgres/vector-codec.js';

/** The most dimensions that an HNSW or IVFFlat index accepts (pgvector's documentation). */
export const MAX_INDEXED_DIMENSIONS: Readonly<Record<VectorKind, number>> = { vector: 2_000, halfvec: 4_000 };

/** The operator class that a search by cosine distance can use. */
export function cosineOperators({ vectorKind }: Pick<BlocksTable, 'vectorKind'>): string {
  return `${vectorKind}_cosine_ops`;
}

export interface VectorIndexPlan extends Pick<IndexPlan, 'relations' | 'taken'> {
  readonly table: BlocksTable;
  /** All indexes on the embedding column. */
  readonly indexes: readonly BlocksIndex[];
  readonly method: string;
}

/** The statements that give every table of blocks a search index: see `buildIndexes`. */
export function buildVectorIndexes({ table, method, ...plan }: VectorIndexPlan): string[] {
  const operators = cosineOperators(table);
  return buildIndexes({
    ...plan,
    definition: `USING ${method} (${table.embedding} ${qualifyVectorName(table, operators)})`,
    nameEnd: nameEnding(table.columns.embedding),
    suffices: (index) => index.operators === operators,
    isAttachable: (index) => index.operators === operators && index.method === method && index.isPlain,
  });
}
