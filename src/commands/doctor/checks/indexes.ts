import { joinNames } from '../../../blocks/checks/join-names.js';
import { readIndexes, type BlocksIndex } from '../../../blocks/sql/read-indexes.js';
import { readRelations, type BlocksRelation } from '../../../blocks/sql/read-relations.js';
import type { BlocksTable } from '../../../blocks/table.js';
import { ok, tableOf, warning, type Check } from '../check.js';
import type { Problem } from '../problem.js';
import { findStatusIndex } from '../status-index-problems.js';
import { findVectorIndex } from '../vector-index-problems.js';
import { cosineOperators } from '../vector-index-sql.js';

/** Above this, pages of the table have too little room for HOT updates. */
const MAX_FILLFACTOR = 85;

export const indexesCheck: Check = {
  name: 'indexes',
  needs: ['tables', 'privileges'],
  run: async (context) => {
    const { database } = context;
    const table = tableOf(context);
    const [indexes, relations] = await Promise.all([readIndexes(database, table), readRelations(database, table)]);
    // A partitioned table has no rows of its own, and nothing can be built on a foreign one.
    const holders = relations.filter(({ isPartitioned, isForeign }) => !isPartitioned && !isForeign);
    const onVectors = indexes.filter(({ onEmbedding, method }) => onEmbedding && method !== 'btree');
    const search = await findVectorIndex(database, table, { relations, holders, onVectors });
    const isIndexed = onVectors.length > 0 || search?.fix.some((line) => line.startsWith('CREATE INDEX')) === true;
    const status = await findStatusIndex(database, table, { indexes, relations }, isIndexed);
    const problems = [
      ...indexes.filter((index) => !index.valid && !index.isPartitioned).map(invalid),
      // The fillfactor first: it applies to rows written afterwards. Beside a status index no status change is HOT.
      ...(isIndexed && !status.isWanted ? overfull(holders) : []),
      ...(search !== undefined ? [search] : []),
      ...status.problems,
      ...(isIndexed
        ? indexes
            .filter((index) => isOnStatus(index, indexes) && !status.kept.includes(index))
            .map((index) => slowsUpdates(index, table))
        : []),
    ];
    if (problems.length > 0) {
      return warning(problems.map(({ found }) => found).join('; '), problems.flatMap(({ fix }) => fix).join('\n'));
    }
    const useful = onVectors.filter(
      ({ operators, attachedTo }) => operators === cosineOperators(table) && attachedTo === null,
    );
    const kept = status.kept.filter(({ attachedTo }) => attachedTo === null).map(({ name }) => name);
    const found = [
      useful.length > 0
        ? joinNames(useful.map(({ name, method }) => `${name} (${method})`))
        : `no index on ${table.columns.embedding}; with so few blocks none is needed`,
      ...(useful.length > 0 && kept.length === 0 && holders.length > 0
        ? [`fillfactor ${Math.max(...holders.map(({ fillfactor }) => fillfactor))}`]
        : []),
      ...(kept.length > 0 ? [`${joinNames(kept)} for sweeps: ${status.price}`] : []),
    ];
    return ok(found.join('; '));
  },
};

function invalid({ name }: BlocksIndex): Problem {
  return { found: `${name} is invalid: its build was interrupted`, fix: [`REINDEX INDEX CONCURRENTLY ${name};`] };
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
