import { readIndexes, readTakenNames, type BlocksIndex } from '../../../blocks/sql/read-indexes.js';
import type { BlocksTable } from '../../../blocks/table.js';
import { readRelations, type BlocksRelation } from '../../../blocks/sql/read-relations.js';
import { number } from '../../../terminal/output.js';
import { ok, tableOf, warning, type Check } from '../check.js';
import { nameEnding } from '../../../blocks/index-sql.js';
import { buildVectorIndexes, COSINE } from '../vector-index-sql.js';
import { joinNames } from '../../../blocks/checks/join-names.js';
import type { Problem } from '../problem.js';
import { findStatusIndex } from '../status-index-problems.js';

/** Above this, pages of the table have too little room for HOT updates. */
const MAX_FILLFACTOR = 85;
/** Searching this many rows without an index takes about a second. */
const MANY_ROWS = 50_000;

export const indexesCheck: Check = {
  name: 'indexes',
  needs: ['tables'],
  run: async (context) => {
    const { database } = context;
    const table = tableOf(context);
    const [indexes, relations, taken] = await Promise.all([
      readIndexes(database, table),
      readRelations(database, table),
      readTakenNames(database, nameEnding(table.columns.embedding)),
    ]);
    // A partitioned table has no rows of its own, and nothing can be built on a foreign one.
    const holders = relations.filter(({ isPartitioned, isForeign }) => !isPartitioned && !isForeign);
    const onVectors = indexes.filter(({ onEmbedding, method }) => onEmbedding && method !== 'btree');
    const search = searchProblems(table, onVectors, holders);
    const build =
      search.length > 0
        ? buildVectorIndexes({ table, relations, indexes: onVectors, method: onVectors[0]?.method ?? 'hnsw', taken })
        : [];
    const isIndexed = onVectors.length > 0 || build.length > 0;
    const onStatus = await findStatusIndex(database, table, { indexes, relations }, isIndexed);
    const problems = [
      ...indexes.filter((index) => !index.valid && !index.isPartitioned).map(invalid),
      // The fillfactor first: it applies to rows written afterwards. Beside a status index, nothing is HOT anyway.
      ...(isIndexed && !onStatus.isWanted ? overfull(holders) : []),
      ...(search.length > 0 ? [{ found: search.join('; '), fix: build }] : []),
      ...(isIndexed
        ? indexes
            .filter((index) => isOnStatus(index, indexes) && !onStatus.kept.includes(index))
            .map((index) => slowsUpdates(index, table))
        : []),
      ...onStatus.problems,
    ];
    if (problems.length > 0) {
      return warning(problems.map(({ found }) => found).join('; '), problems.flatMap(({ fix }) => fix).join('\n'));
    }
    const useful = onVectors.filter(({ operators, attachedTo }) => operators === COSINE && attachedTo === null);
    const kept = onStatus.kept.filter(({ attachedTo }) => attachedTo === null).map(({ name }) => name);
    const status = kept.length > 0 ? `; ${joinNames(kept)} for sweeps (${onStatus.price})` : '';
    if (useful.length === 0) {
      return ok(`no index on ${table.columns.embedding}; with so few blocks none is needed${status}`);
    }
    const room =
      holders.length > 0 && kept.length === 0
        ? `; fillfactor ${Math.max(...holders.map(({ fillfactor }) => fillfactor))}`
        : '';
    return ok(`${joinNames(useful.map(({ name, method }) => `${name} (${method})`))}${room}${status}`);
  },
};

function invalid({ name }: BlocksIndex): Problem {
  return { found: `${name} is invalid: its build was interrupted`, fix: [`REINDEX INDEX CONCURRENTLY ${name};`] };
}

/** Why searches cannot use an index. */
function searchProblems(
  { columns }: BlocksTable,
  onVectors: readonly BlocksIndex[],
  holders: readonly BlocksRelation[],
): string[] {
  const searchable = onVectors.filter(({ operators }) => operators === COSINE);
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

/** Leaves out indexes of constraints, which cannot be dropped, and attached ones, which are dropped with their parent. */
function isOnStatus({ onStatus, isConstraint, attachedTo }: BlocksIndex, indexes: readonly BlocksIndex[]): boolean {
  return onStatus && !isConstraint && !indexes.some(({ oid }) => oid === attachedTo);
}

/** Measured: 2 ms per status change, because it then adds an entry to the vector index too. */
function slowsUpdates({ name, isPartitioned }: BlocksIndex, { columns }: BlocksTable): Problem {
  return {
    found: `${name} is on ${columns.status}: every status change then writes to the vector index too (2 ms)`,
    fix: [isPartitioned ? `DROP INDEX ${name};` : `DROP INDEX CONCURRENTLY ${name};`],
  };
}

function overfull(holders: readonly BlocksRelation[]): Problem[] {
  const without = holders.filter(({ fillfactor }) => fillfactor > MAX_FILLFACTOR);
  if (without.length === 0) return [];
  const where = holders.length > 1 ? ` of ${joinNames(without.map(({ name }) => name))}` : '';
  return [
    {
      found: `fillfactor ${Math.max(...without.map(({ fillfactor }) => fillfactor))} leaves no room on a page${where}: every status change then writes to the vector index too (2 ms)`,
      fix: without.map(({ sql }) => `ALTER TABLE ${sql} SET (fillfactor = 75);`),
    },
  ];
}
