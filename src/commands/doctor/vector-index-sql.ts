import { buildIndexes, nameEnding, type IndexPlan } from '../../blocks/index-sql.js';
import { qualifyVectorName } from '../../blocks/qualify-vector-name.js';
import type { BlocksIndex } from '../../blocks/sql/read-indexes.js';
import type { BlocksTable } from '../../blocks/table.js';

/** The operator class that a search by cosine distance can use. */
export const COSINE = 'vector_cosine_ops';

export interface VectorIndexPlan extends Pick<IndexPlan, 'relations' | 'taken'> {
  readonly table: BlocksTable;
  /** All indexes on the embedding column. */
  readonly indexes: readonly BlocksIndex[];
  readonly method: string;
}

/** The statements that give every table of blocks a search index: see `buildIndexes`. */
export function buildVectorIndexes({ table, method, ...plan }: VectorIndexPlan): string[] {
  return buildIndexes({
    ...plan,
    definition: `USING ${method} (${table.embedding} ${qualifyVectorName(table, COSINE)})`,
    nameEnd: nameEnding(table.columns.embedding),
    suffices: (index) => index.operators === COSINE,
    isAttachable: (index) => index.operators === COSINE && index.method === method && index.isPlain,
  });
}
