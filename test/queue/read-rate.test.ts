import { readRate } from '../../src/queue/read-rate.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { openLeaderSite, type LeaderSite } from '../support/leader-site.js';
import type { TestDatabase } from '../support/test-database.js';

describeWithServer('the rate', () => {
  let db: TestDatabase;
  let site: LeaderSite;
  beforeEach(async () => {
    db = await createDatabase();
    site = await openLeaderSite(db);
  });
  afterEach(() => site.close());

  /** Jobs that were settled evenly over the last minute. */
  const settle = (jobs: number, outcome: string) =>
    db.query(
      `INSERT INTO pgboss.job (name, singleton_key, policy, state, completed_on, output)
       SELECT 'embed-block', i::text, 'exclusive', 'completed', now() - i * interval '60 s' / $1,
         jsonb_build_object('outcome', $2::text) FROM generate_series(1, $1::int) i`,
      [jobs, outcome],
    );
  /** Intervals of 15 s, the latest first, recorded up to `ageSeconds` ago. */
  const record = (completed: readonly (number | null)[], ageSeconds = 0) =>
    db.query(
      `INSERT INTO pgboss.queue_stats (name, completed_delta, delta_seconds, captured_on)
       SELECT 'embed-block', jobs, 15, now() - (i - 1) * interval '15 s' - $2 * interval '1 s'
         FROM unnest($1::int[]) WITH ORDINALITY AS recorded (jobs, i)`,
      [completed, ageSeconds],
    );
  const rate = () => readRate(site.parts.database, site.parts.queue.names);
  const COUNTED = 2; // 120 jobs in 60 s
  const RECORDED = 40; // 600 jobs in 15 s

  it('is read from what pg-boss has recorded', async () => {
    await settle(120, 'stored');
    await record([600, 600, 600, 600, 600]);
    expect(await rate()).toBeCloseTo(RECORDED, 5);
  });

  it('does not include the time before the first block', async () => {
    await settle(120, 'skipped');
    await record([600, 600, 600, 600, 0, 0, 0, 0]);
    expect(await rate()).toBeCloseTo(RECORDED, 5);
  });

  it.each([
    ['there is no history', () => Promise.resolve()],
    ['less than a minute is recorded', () => record([600, 600, 600])],
    ['the history is older than a minute', () => record([600, 600, 600, 600, 600], 90)],
    ['an older pg-boss recorded no numbers', () => record([null, null, null, null, null])],
    ['the role may not read the history', () => db.query('ALTER TABLE pgboss.queue_stats RENAME TO hidden')],
  ])('is counted when %s', async (_, prepare) => {
    await settle(120, 'stored');
    await prepare();
    expect(await rate()).toBeGreaterThan(COUNTED * 0.9);
    expect(await rate()).toBeLessThan(COUNTED * 1.1);
  });

  it('is 0 when jobs were only handed back', async () => {
    await settle(120, 'handed-back');
    expect(await rate()).toBe(0);
    await record([600, 600, 600, 600, 600]);
    expect(await rate()).toBe(0);
  });
});
