import type { TestDatabase } from './test-database.js';

export interface BacklogFixture {
  /** Default: `pending`. */
  readonly status?: string;
  /** Default: `paragraph`. */
  readonly type?: string;
  /** Default: a new note. */
  readonly noteId?: string;
  /** Whether each block has a vector (one that belongs to no text). */
  readonly withVector?: boolean;
}

/** Inserts blocks in one statement without firing triggers, so nothing is notified. @returns the ids, in order */
export async function insertBacklog(db: TestDatabase, count: number, fixture: BacklogFixture = {}): Promise<string[]> {
  const { status = 'pending', type = 'paragraph', withVector = false } = fixture;
  const client = await db.connect('test backlog');
  try {
    await client.query('SET session_replication_role = replica');
    const { rows } = await client.query<{ ids: string[] }>(
      `WITH note AS (INSERT INTO notes (title) SELECT 'A note' WHERE $5::text IS NULL RETURNING id),
            block AS (
              INSERT INTO blocks (note_id, block_type, content, embedding_status, embedding)
              SELECT coalesce($5::${db.idType}, (SELECT id FROM note)), $2, to_jsonb('Text number ' || i || '.'), $3,
                     CASE WHEN $4 THEN array_fill(1, ARRAY[768])::vector END
                FROM generate_series(0, $1::int - 1) i ORDER BY i RETURNING id)
       SELECT array_agg(id::text ORDER BY id) AS ids FROM block`,
      [count, type, status, withVector, fixture.noteId ?? null],
    );
    return rows[0]?.ids ?? [];
  } finally {
    await client.end();
  }
}

const WATCH_JOBS = `
CREATE TABLE most_jobs (live int);
INSERT INTO most_jobs VALUES (0);
CREATE FUNCTION watch_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE most_jobs SET live = greatest(live, (SELECT count(*) FROM pgboss.job WHERE name = 'embed-block' AND state <= 'active'));
  RETURN NULL;
END $$;
CREATE TRIGGER watch AFTER INSERT ON pgboss.job_common FOR EACH STATEMENT EXECUTE FUNCTION watch_jobs()`;

/** Makes the database record the highest number of live jobs after each insert: see `mostJobs`. */
export async function watchJobs(db: TestDatabase): Promise<void> {
  await db.query(WATCH_JOBS);
}

export async function mostJobs(db: TestDatabase): Promise<number> {
  const [row] = await db.query<{ live: number }>('SELECT live FROM most_jobs');
  if (row === undefined) throw new Error('call watchJobs first');
  return row.live;
}

/** Counts jobs by state, with the outcome if they have one: `created`, `completed/stored`. */
export async function countJobs(db: TestDatabase, queue = 'embed-block'): Promise<Record<string, number>> {
  const rows = await db.query<{ what: string; count: number }>(
    `SELECT state::text || coalesce('/' || (output->>'outcome'), '') AS what, count(*)::int AS count
       FROM pgboss.job WHERE name = $1 GROUP BY 1 ORDER BY 1`,
    [queue],
  );
  return Object.fromEntries(rows.map(({ what, count }) => [what, count]));
}

/** Waits until the queue exists and contains at least this many jobs, in any state. */
export async function untilJobs(db: TestDatabase, count: number, timeoutMs = 20_000): Promise<void> {
  await db.untilRow<{ table: string | null }>(
    `SELECT to_regclass('pgboss.job')::text AS table`,
    [],
    ({ table }) => table !== null,
    timeoutMs,
  );
  await db.untilRow<{ jobs: number }>(
    `SELECT count(*)::int AS jobs FROM pgboss.job WHERE name = 'embed-block'`,
    [],
    ({ jobs }) => jobs >= count,
    timeoutMs,
  );
}
