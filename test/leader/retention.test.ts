import { Retention } from '../../src/leader/retention.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { openLeaderSite, type LeaderSite } from '../support/leader-site.js';
import type { TestDatabase } from '../support/test-database.js';

const LIMIT = 100;

describeWithServer('settled jobs', () => {
  let db: TestDatabase;
  let site: LeaderSite;
  let retention: Retention;
  beforeEach(async () => {
    db = await createDatabase();
    site = await openLeaderSite(db);
    retention = new Retention({ ...site.parts, jobRetentionLimit: LIMIT, intervalMs: 50 });
  });
  afterEach(async () => {
    await retention.stop();
    await site.close();
  });

  /** Jobs 1 to `count`, settled in this order, and one that waits. */
  const insertJobs = async (count: number) => {
    await db.query(
      `INSERT INTO pgboss.job (name, singleton_key, policy, state, completed_on, output)
       SELECT 'embed-block', i::text, 'exclusive', CASE WHEN i % 2 = 0 THEN 'completed' ELSE 'failed' END::pgboss.job_state,
         now() - ($1 - i) * interval '1 ms', '{"outcome": "stored"}' FROM generate_series(1, $1::int) i`,
      [count],
    );
    await db.query(
      `INSERT INTO pgboss.job (name, singleton_key, policy) VALUES ('embed-block', 'waiting', 'exclusive')`,
    );
  };
  const keys = async () =>
    (await db.query<{ key: string }>('SELECT singleton_key AS key FROM pgboss.job ORDER BY created_on')).map(
      ({ key }) => key,
    );
  const untilLeft = (jobs: number) =>
    db.untilRow<{ jobs: number }>('SELECT count(*)::int AS jobs FROM pgboss.job', [], (row) => row.jobs === jobs);

  it('beyond the limit are deleted, the oldest first, in batches', async () => {
    await insertJobs(12_000);
    retention.start();
    await untilLeft(LIMIT + 1);
    const latest = Array.from({ length: LIMIT }, (_, i) => String(12_000 - i));
    expect(new Set(await keys())).toEqual(new Set([...latest, 'waiting']));
  });

  it('up to the limit are kept', async () => {
    await insertJobs(LIMIT);
    expect(await site.parts.queue.settled.beyond(LIMIT)).toBeUndefined();
    expect(await site.parts.queue.settled.beyond(LIMIT - 1)).toBeDefined();
  });

  it('that pg-boss deletes at the same time are left to it, without waiting', async () => {
    await insertJobs(LIMIT + 10);
    const other = await db.connect();
    await other.query(`BEGIN; DELETE FROM pgboss.job WHERE singleton_key = '3'`);
    retention.start();
    await untilLeft(LIMIT + 2);
    expect(await keys()).toContain('3');
    await other.query('ROLLBACK');
    await untilLeft(LIMIT + 1);
    await other.end();
  });
});
