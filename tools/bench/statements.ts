import type { TestDatabase } from '../../test/support/test-database.js';

/** Marks the bench's own statements, which are not counted. */
export const BENCH_MARK = '/* bench */';
/** PostgreSQL's own check of a foreign key. pg_stat_statements counts it like a client's statement, two for each new job. */
const FOREIGN_KEY_CHECK = 'SELECT % FROM ONLY % FOR KEY SHARE OF x';

export interface LongestStatement {
  readonly ms: number;
  /** Its text, in one line. */
  readonly text: string;
}

/** Forgets the statements of all databases. */
export async function resetStatements(db: TestDatabase): Promise<void> {
  await db.query(`SELECT ${BENCH_MARK} pg_stat_statements_reset()`);
}

/** How many statements the database received since the last reset, including BEGIN, SET and COMMIT, without the bench's own. */
export async function statementsOf(db: TestDatabase): Promise<number> {
  const [row] = await db.query<{ calls: number }>(
    `SELECT ${BENCH_MARK} coalesce(sum(calls), 0)::int AS calls ${RECEIVED}`,
    RECEIVED_VALUES,
  );
  return row?.calls ?? 0;
}

/** The statement that took longest since the last reset, without the bench's own. */
export async function longestStatement(db: TestDatabase): Promise<LongestStatement> {
  const [row] = await db.query<LongestStatement>(
    `SELECT ${BENCH_MARK} max_exec_time AS ms, regexp_replace(query, '\\s+', ' ', 'g') AS text ${RECEIVED}
      ORDER BY max_exec_time DESC LIMIT 1`,
    RECEIVED_VALUES,
  );
  return row ?? { ms: 0, text: '' };
}

const RECEIVED = `FROM pg_stat_statements s
      WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND query NOT LIKE $1
        AND query NOT LIKE $2`;
const RECEIVED_VALUES = [`%${BENCH_MARK}%`, FOREIGN_KEY_CHECK];
