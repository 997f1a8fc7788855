import type { Database, Queryable } from '../../postgres/database.js';
import { CONDITIONS, type Condition } from '../condition.js';
import { explainCondition, type Page } from '../sql/find-by-condition.js';
import { readIndexes, type BlocksIndex } from '../sql/read-indexes.js';
import { readRelations, type BlocksRelation } from '../sql/read-relations.js';
import { readStatusColumn } from '../sql/read-status-column.js';
import type { BlocksTable } from '../table.js';
import { scansOf, type Scan } from './plan.js';

/** Tables up to this size, together, may be read as a whole: a slice of a pass is no smaller (4,096 pages of 8 kB). */
export const SMALL_BYTES = 4_096 * 8_192;
/** What a sweep asks for first. */
const FIRST_PAGE: Page = { after: null, limit: 1_000 };

/** How PostgreSQL answers a condition. */
export interface IndexUse {
  /** Whether it needs no whole table, or only small ones: `possible` requires an index of those, too. */
  readonly isServed: boolean;
  /** The tables that it reads through an index on the status, and those that it reads as a whole. By oid. */
  readonly indexed: readonly string[];
  readonly whole: readonly string[];
}

/**
 * How PostgreSQL answers each condition of a sweep, as a statement of its own (`findByCondition`). The answer may change
 * with the table's statistics, and whenever somebody creates or drops an index.
 *
 * @param planner `possible`: what it could do, whatever it expects to be cheaper
 */
export async function readIndexUse(
  db: Database,
  table: BlocksTable,
  planner: 'actual' | 'possible' = 'actual',
): Promise<ReadonlyMap<Condition, IndexUse>> {
  return await db.transaction(async (tx) => {
    if (planner === 'possible') await tx.query(`SELECT set_config('enable_seqscan', 'off', true)`);
    const indexes = await readIndexes(tx, table);
    const relations = await readRelations(tx, table);
    const { isNullable } = await readStatusColumn(tx, table);
    const page = planner === 'possible' ? null : FIRST_PAGE; // with an order, the index of the primary key would serve too
    const uses = new Map<Condition, IndexUse>();
    for (const condition of CONDITIONS) {
      const isEmpty = condition === 'unset' && !isNullable;
      uses.set(
        condition,
        isEmpty
          ? { isServed: true, indexed: [], whole: [] }
          : await readUse(tx, table, condition, page, { indexes, relations }),
      );
    }
    return uses;
  });
}

async function readUse(
  tx: Queryable,
  table: BlocksTable,
  condition: Condition,
  page: Page | null,
  { indexes, relations }: { readonly indexes: readonly BlocksIndex[]; readonly relations: readonly BlocksRelation[] },
): Promise<IndexUse> {
  const indexed: BlocksRelation[] = [];
  const whole: BlocksRelation[] = [];
  for (const scan of scansOf(await explainCondition(tx, table, condition, page))) {
    const relation = relations.find((one) => one.schema === scan.schema && one.table === scan.table);
    if (relation === undefined) continue;
    (isThroughIndex(scan, relation, indexes, table, condition) ? indexed : whole).push(relation);
  }
  const bytes = whole.reduce((sum, relation) => sum + relation.bytes, 0);
  const isSmall = page !== null && bytes <= SMALL_BYTES && !whole.some(({ isForeign }) => isForeign);
  return {
    isServed: indexed.length > 0 && (whole.length === 0 || isSmall),
    indexed: indexed.map(({ oid }) => oid),
    whole: whole.map(({ oid }) => oid),
  };
}

function isThroughIndex(
  scan: Scan,
  { oid }: BlocksRelation,
  indexes: readonly BlocksIndex[],
  table: BlocksTable,
  condition: Condition,
): boolean {
  return (
    scan.indexes.length > 0 &&
    scan.indexes.every((name) =>
      indexes.some(
        (index) => index.relation === oid && index.plainName === name && isSelective(index, table, condition),
      ),
    )
  );
}

/**
 * Whether an index that PostgreSQL uses leaves out most other blocks: it begins with the status, or its predicate tests it.
 * Skipped blocks without a vector may be many, so for those with one the predicate must test the vector.
 */
export function isSelective({ keys, predicate }: BlocksIndex, { columns }: BlocksTable, condition: Condition): boolean {
  if (condition === 'stale-vector') return predicate?.includes(columns.embedding) === true;
  return keys[0] === columns.status || predicate?.includes(columns.status) === true;
}
