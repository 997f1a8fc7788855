import type { Database } from '../../postgres/database.js';
import { joinNames } from '../checks/join-names.js';
import { CONDITIONS, type Condition } from '../condition.js';
import { evaluatePredicate } from '../sql/evaluate-predicate.js';
import type { BlocksIndex } from '../sql/read-indexes.js';
import type { BlocksRelation } from '../sql/read-relations.js';
import { readStatusColumn, type StatusColumn } from '../sql/read-status-column.js';
import type { BlocksTable } from '../table.js';
import { isSelective, readIndexUse, type IndexUse } from './use.js';

/** What sweeps get from the indexes on the status. */
export interface StatusIndexDiagnosis {
  /** Indexes that hold the blocks of every condition: they stay. Attached ones are listed, too. */
  readonly complete: readonly BlocksIndex[];
  /** Whether PostgreSQL can answer every condition through an index. */
  readonly isUsable: boolean;
  /** Whether it does. It may rightly read a small table as a whole. */
  readonly isUsed: boolean;
  /** Why existing indexes are not used, one sentence for each. */
  readonly reasons: readonly string[];
}

interface Catalogue {
  readonly indexes: readonly BlocksIndex[];
  readonly relations: readonly BlocksRelation[];
}

/** Finds out whether a sweep can use the indexes on the status and, if not, why. */
export async function diagnoseStatusIndex(
  db: Database,
  table: BlocksTable,
  catalogue: Catalogue,
): Promise<StatusIndexDiagnosis> {
  const column = await readStatusColumn(db, table);
  const needed = CONDITIONS.filter((condition) => condition !== 'unset' || column.isNullable);
  const candidates = catalogue.indexes.filter((index) => isCandidate(index, table));
  const included = new Map<string, readonly Condition[] | undefined>();
  for (const index of candidates) included.set(index.oid, await includedIn(db, table, index, column));
  const lacking = (index: BlocksIndex) => {
    const has = included.get(index.oid);
    return needed.filter((condition) => has?.includes(condition) !== true || !isSelective(index, table, condition));
  };
  const possible = await readIndexUse(db, table, 'possible');
  const actual = await readIndexUse(db, table);
  const isUsable = [...possible.values()].every(({ isServed }) => isServed);
  const isUsed = [...actual.values()].every(({ isServed }) => isServed);
  const unproven = new Set([...possible.values()].filter(({ isServed }) => !isServed).flatMap(({ whole }) => whole));
  const complete = candidates.filter(
    (index) => lacking(index).length === 0 && !(index.valid && isUnproven(index, catalogue, unproven)),
  );
  const reasonFor = (index: BlocksIndex): string[] => {
    if (!index.valid) return [invalidReason(index, catalogue)];
    if (index.keys[0] === null) return [`${index.name} is on an expression, not on ${table.columns.status} itself`];
    if (included.get(index.oid) === undefined) return [`the WHERE of ${index.name} reads other columns`];
    const lacks = lacking(index);
    if (lacks.length > 0) return [`${index.name} does not hold ${describe(lacks, index)}`];
    if (isUsable) return [];
    return [
      isUnproven(index, catalogue, unproven)
        ? `PostgreSQL cannot tell that ${index.name} holds what a sweep looks for: its WHERE must compare ${table.columns.status} itself`
        : `${index.name} leaves out ${namesOf(unproven, catalogue)}`,
    ];
  };
  // An index of a partition is named only where the partitioned table has none.
  const isOnTop = ({ relation }: BlocksIndex) => relation === catalogue.relations[0]?.oid;
  const onTop = candidates.filter(isOnTop);
  const independent = onTop.length > 0 ? onTop : candidates.filter(({ attachedTo }) => attachedTo === null);
  const reasons = isUsable ? [] : independent.flatMap(reasonFor);
  return {
    complete,
    isUsable,
    isUsed,
    reasons: isUsable && !isUsed ? [preferenceReason(actual, catalogue)] : reasons,
  };
}

/** Whether it looks like an index for blocks that wait. */
function isCandidate({ onStatus, isConstraint, keys, predicate }: BlocksIndex, { columns }: BlocksTable): boolean {
  if (!onStatus || isConstraint) return false;
  const isOnExpression = keys[0] === null && predicate?.includes(columns.status) !== true;
  return keys[0] === columns.status || isOnExpression || predicate?.includes(columns.status) === true;
}

async function includedIn(
  db: Database,
  table: BlocksTable,
  { predicate }: BlocksIndex,
  { type }: StatusColumn,
): Promise<readonly Condition[] | undefined> {
  return predicate === null ? CONDITIONS : await evaluatePredicate(db, table, predicate, type);
}

const BLOCKS_OF: Readonly<Record<Condition, string>> = {
  pending: 'those that are pending',
  unset: 'those without a status (NULL)',
  processing: 'those that are processing',
  error: 'those in error',
  'stale-vector': 'skipped ones with a vector',
};

function describe(lacks: readonly Condition[], { predicate }: BlocksIndex): string {
  const blocks = `all blocks that a sweep looks for: it lacks ${joinNames(lacks.map((condition) => BLOCKS_OF[condition]))}`;
  return predicate === null ? 'only skipped blocks with a vector, but all that are skipped' : blocks;
}

function invalidReason({ name, oid, isPartitioned }: BlocksIndex, { indexes, relations }: Catalogue): string {
  if (!isPartitioned) return `${name} is invalid: its build was interrupted`;
  const attached = new Set(indexes.filter(({ attachedTo }) => attachedTo === oid).map(({ relation }) => relation));
  const parent = indexes.find((index) => index.oid === oid)?.relation ?? '';
  const without = relations.filter((one) => one.parents.includes(parent) && !attached.has(one.oid));
  if (without.length === 0) return `${name} is invalid, because an index attached to it is`;
  return `${name} is invalid: it has no attached index for ${joinNames(without.map((one) => one.name))}`;
}

/**
 * Whether PostgreSQL does not use a valid index even where it can: it proves from the text of two conditions alone that one
 * includes the other.
 *
 * @param whole the tables that it would read as a whole
 */
function isUnproven(
  { oid, relation, isPartitioned }: BlocksIndex,
  { indexes }: Pick<Catalogue, 'indexes'>,
  whole: Set<string>,
): boolean {
  if (!isPartitioned) return whole.has(relation);
  return indexes.some((index) => index.attachedTo === oid && isUnproven(index, { indexes }, whole));
}

function preferenceReason(uses: ReadonlyMap<Condition, IndexUse>, catalogue: Catalogue): string {
  const whole = new Set([...uses.values()].filter(({ isServed }) => !isServed).flatMap((use) => use.whole));
  const conditions = [...uses].filter(([, { isServed }]) => !isServed).map(([condition]) => BLOCKS_OF[condition]);
  return `PostgreSQL has an index for ${joinNames(conditions)}, but expects to find them faster by reading ${namesOf(whole, catalogue)}`;
}

function namesOf(oids: ReadonlySet<string>, { relations }: Catalogue): string {
  return joinNames(relations.filter(({ oid }) => oids.has(oid)).map(({ name }) => name));
}
