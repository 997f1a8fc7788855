import type { Queryable } from '../../src/postgres/database.js';
import { PRIORITY } from '../../src/queue/job.js';
import { nextReadyPriority } from '../../src/queue/sql/next-ready-priority.js';
import { DEFAULT_QUEUE, queueNames } from '../../src/queue/queue-names.js';
import { readLiveJobs } from '../../src/queue/live-jobs.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { Explaining, isWholeTable } from '../support/explaining.js';
import { insertBlock } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { hang, ONE_WORKER } from '../support/worker-hold.js';
import { startWorker, stopWorkers } from '../support/worker-in-process.js';

const NAMES = queueNames('pgboss', DEFAULT_QUEUE);
const SETTLED = 100_000;
const WAITING = 2_000;
/** Upper bounds, in pages of 8 kB: for the index of live jobs and the heads of both priorities. */
const PAGES = 500;
const HEAD_PAGES = 20;

describeWithServer('the live jobs', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  beforeAll(async () => {
    db = await createDatabase();
    ollama = await startStandIn();
  });
  afterAll(async () => {
    ollama.faults.clear();
    await stopWorkers();
    await ollama.stop();
  });

  /** Inserts jobs without a worker. */
  const insertJobs = (state: string, count: number, since: string, priority = 0) =>
    db.query(
      `INSERT INTO pgboss.job (name, state, data, policy, singleton_key, created_on, completed_on, output, priority)
       SELECT 'embed-block', $1::text::pgboss.job_state, jsonb_build_object('blockId', i::text, 'since', $3::text), 'exclusive',
              $1::text || i, $3::timestamptz, CASE WHEN $1::text = 'completed' THEN now() END, '{"outcome":"completed"}', $4::int
         FROM generate_series(1, $2::int) i`,
      [state, count, since, priority],
    );

  const read = () => readLiveJobs(db as unknown as Queryable, NAMES);

  it('are counted by state, and an active one can be the oldest', async () => {
    const worker = await startWorker(db, ollama, ONE_WORKER);
    expect(await read()).toEqual({
      created: 0,
      retry: 0,
      active: 0,
      deadLetters: 0,
      oldestSeconds: { live: null, backlog: null },
    });
    const request = hang({ ollama }, 'hangs');
    await insertBlock(db, { content: 'hangs' });
    await request.reached();
    const jobs = await read();
    expect(jobs).toMatchObject({ created: 0, retry: 0, active: 1 });
    expect(jobs.oldestSeconds.live).toBeGreaterThan(0);
    expect(jobs.oldestSeconds.live).toBeLessThan(30);
    expect(jobs.oldestSeconds.backlog).toBeNull();
    request.release();
    await worker.events.until((events) => events.settled('completed') === 1);
    await worker.stop();
  });

  it('that are ready are found at the head of an index, whatever the number of settled and waiting jobs', async () => {
    await insertJobs('completed', 5_000, new Date().toISOString());
    await insertJobs('created', 10_000, new Date().toISOString()); // so many that the planner expects some on every page
    await db.query('ANALYZE pgboss.job');
    const explaining = new Explaining(db);
    expect(await nextReadyPriority(explaining, NAMES)).toBe(PRIORITY.backlog);
    expect(explaining.mostPages).toBeLessThan(HEAD_PAGES);
    await insertJobs('retry', 1, new Date().toISOString(), PRIORITY.live);
    expect(await nextReadyPriority(explaining, NAMES)).toBe(PRIORITY.live);
    await db.query('DELETE FROM pgboss.job');
    expect(await nextReadyPriority(explaining, NAMES)).toBeUndefined();
  });

  it('are counted from indexes alone, with 100,000 settled jobs', async () => {
    await insertJobs('completed', SETTLED, new Date().toISOString());
    await insertJobs('created', WAITING, new Date(Date.now() - 60_000).toISOString());
    await insertJobs('active', 100, new Date(Date.now() - 3_600_000).toISOString(), 10);
    await db.query('VACUUM ANALYZE pgboss.job');
    const explaining = new Explaining(db);
    const jobs = await readLiveJobs(explaining, NAMES);
    expect(jobs).toMatchObject({ created: WAITING, retry: 0, active: 100 });
    expect(jobs.oldestSeconds.live).toBeGreaterThan(3_599);
    expect(jobs.oldestSeconds.backlog).toBeGreaterThan(59);
    expect(jobs.oldestSeconds.backlog).toBeLessThan(3_599);
    expect(explaining.reads.length).toBeGreaterThan(3);
    expect(explaining.reads.filter(isWholeTable)).toEqual([]);
    expect(explaining.reads.filter((node) => node['Relation Name'] === 'blocks')).toEqual([]);
    expect(explaining.mostPages).toBeLessThan(PAGES);
  });
});
