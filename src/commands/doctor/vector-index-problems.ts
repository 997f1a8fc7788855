import { joinNames } from '../../blocks/checks/join-names.js';
import { qualifyVectorName } from '../../blocks/qualify-vector-name.js';
import { readTakenNames, type BlocksIndex } from '../../blocks/sql/read-indexes.js';
import type { BlocksRelation } from '../../blocks/sql/read-relations.js';
import { nameEnding } from '../../blocks/index-sql.js';
import type { BlocksTable } from '../../blocks/table.js';
import type { Queryable } from '../../postgres/database.js';
import { number } from '../../terminal/output.js';
import type { Problem } from './problem.js';
import { buildVectorIndexes, cosineOperators, MAX_INDEXED_DIMENSIONS } from './vector-index-sql.js';

/** Searching this many rows without an index takes about a second. */
const MANY_ROWS = 50_000;

export interface VectorIndexCatalogue {
  readonly relations: readonly BlocksRelation[];
  /** The tables that hold rows. */
  readonly holders: readonly BlocksRelation[];
  /** The indexes on the embedding column. */
  readonly onVectors: readonly BlocksIndex[];
}

/** Why searches cannot use an index, with the statements that build one; undefined if they can, or need none. */
export async function findVectorIndex(
  db: Queryable,
  table: BlocksTable,
  { relations, holders, onVectors }: VectorIndexCatalogue,
): Promise<Problem | undefined> {
  const problems = searchProblems(table, onVectors, holders);
  if (problems.length === 0) return undefined;
  const taken = await readTakenNames(db, nameEnding(table.columns.embedding));
  const method = onVectors[0]?.method ?? 'hnsw';
  const build = (of: BlocksTable) => buildVectorIndexes({ table: of, relations, indexes: onVectors, method, taken });
  const { dimensions, vectorKind } = table;
  if (dimensions <= MAX_INDEXED_DIMENSIONS[vectorKind]) return { found: problems.join('; '), fix: build(table) };
  const tooLong = `an index on a ${vectorKind} takes at most ${number(MAX_INDEXED_DIMENSIONS[vectorKind])} dimensions, and these have ${number(dimensions)}`;
  if (dimensions > MAX_INDEXED_DIMENSIONS.halfvec) {
    return {
      found: `${problems.join('; ')}; ${tooLong}`,
      fix: ['use a model with fewer dimensions, or search fewer blocks'],
    };
  }
  const halfvec = qualifyVectorName(table, 'halfvec');
  if (!(await typeExists(db, halfvec))) {
    return { found: `${problems.join('; ')}; ${tooLong}`, fix: ['install pgvector 0.7 or later, which has halfvec'] };
  }
  return {
    found: `${problems.join('; ')}; ${tooLong}, but a halfvec may have 4,000. Changing the type rewrites the table, which is locked meanwhile`,
    fix: [
      `ALTER TABLE ${table.blocks} ALTER COLUMN ${table.embedding} TYPE ${halfvec}(${String(dimensions)});`,
      ...build({ ...table, vectorKind: 'halfvec' }),
    ],
  };
}

function searchProblems(
  { columns, ...table }: BlocksTable,
  onVectors: readonly BlocksIndex[],
  holders: readonly BlocksRelation[],
): string[] {
  const searchable = onVectors.filter(({ operators }) => operators === cosineOperators(table));
  const without = holders.filter(({ oid }) => !searchable.some(({ relation }) => relation === oid));
  const incomplete = searchable.filter(({ isPartitioned, valid }) => isPartitioned && !valid);
  if (incomplete.length > 0) {
    const unindexed =
      without.length > 0 ? joinNames(without.map(({ name }) => name)) : 'partitions that have an index of their own';
    return incomplete.map(({ name }) => `${name} is invalid: it has no attached index for ${unindexed}`);
  }
  if (without.length === 0) return [];
  const others = onVectors.filter(({ attachedTo }) => attachedTo === null);
  if (searchable.length === 0 && others.length > 0) {
    return others.map(
      ({ name, operators }) => `${name} has ${operators}, which a search by cosine distance cannot use`,
    );
  }
  const rows = holders.reduce((sum, holder) => sum + Math.max(0, holder.rows), 0);
  if (rows < MANY_ROWS) return [];
  const where = without.length < holders.length ? ` of ${joinNames(without.map(({ name }) => name))}` : '';
  const read = without.reduce((sum, holder) => sum + Math.max(0, holder.rows), 0);
  return [`no index on ${columns.embedding}${where}: a search reads all ${number(Math.round(read))} blocks`];
}

async function typeExists(db: Queryable, name: string): Promise<boolean> {
  const [row] = await db.query<{ exists: boolean }>('SELECT to_regtype($1) IS NOT NULL AS exists', [name]);
  return row?.exists === true;
}
