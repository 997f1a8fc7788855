import type { Queryable } from '../../postgres/database.js';
import { errorCode } from '../../base/errors.js';
import type { Condition } from '../condition.js';
import type { BlocksTable } from '../table.js';
import { sampleVector } from '../sample-vector.js';

/** PostgreSQL, appendix A: undefined_column. */
const UNDEFINED_COLUMN = '42703';

/** The blocks of each condition: their status, and whether they have a vector. */
const STATES: readonly (readonly [Condition, status: string | null, hasVector: boolean])[] = [
  ['pending', 'pending', false],
  ['pending', 'pending', true],
  ['unset', null, false],
  ['unset', null, true],
  ['processing', 'processing', false],
  ['processing', 'processing', true],
  ['error', 'error', false],
  ['error', 'error', true],
  ['stale-vector', 'skipped', true],
];

/**
 * The conditions whose blocks satisfy the predicate of an index, whatever else they hold. It is evaluated without a row.
 *
 * @param predicate as `pg_get_expr` prints it
 * @param statusType of the status column, as a cast
 * @returns undefined if it reads other columns
 */
export async function evaluatePredicate(
  db: Queryable,
  table: BlocksTable,
  predicate: string,
  statusType: string,
): Promise<Condition[] | undefined> {
  try {
    const rows = await db.query<{ condition: Condition }>(
      `SELECT "(condition)" AS condition
  FROM (SELECT c AS "(condition)", s::${statusType} AS ${table.status}, CASE WHEN v = 'vector' THEN $4::text::${table.vectorType} END AS ${table.embedding}
          FROM unnest($1::text[], $2::text[], $3::text[]) AS states (c, s, v)) blocks
 GROUP BY "(condition)" HAVING bool_and(coalesce(${predicate}, false))`,
      [
        STATES.map(([condition]) => condition),
        STATES.map(([, status]) => status),
        STATES.map(([, , hasVector]) => (hasVector ? 'vector' : 'none')),
        sampleVector(table),
      ],
    );
    return rows.map(({ condition }) => condition);
  } catch (error) {
    if (errorCode(error) !== UNDEFINED_COLUMN) throw error;
    return undefined;
  }
}
