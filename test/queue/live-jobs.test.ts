import type { Queryable } from '../../src/database/database.js';
import { readLiveJobs } from '../../src/queue/live-jobs.js';
import { startStandIn, type StandIn } from '../../stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { hang, ONE_WORKER } from '../support/worker-hold.js';
import { startWorker, stopWorkers } from '../support/worker-in-process.js';

/** The queue of a site where nobody edits, a day after it was last empty. */
const SETTLED = 100_000;
const WAITING = 2_000;
/** Of 8 kB. What is read of so many waiting jobs: the index of live jobs, and the heads of both priorities. */
const PAGES = 500;

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly Plan[];
}

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

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

  /** Jobs in every state, none of which a worker knows of. */
  const insertJobs = (state: string, count: number, since: string, priority = 0) =>
    db.query(
      `INSERT INTO pgboss.job (name, state, data, policy, singleton_key, created_on, completed_on, output, priority)
       SELECT 'embed-block', $1::text::pgboss.job_state, jsonb_build_object('blockId', i::text, 'since', $3::text), 'exclusive',
              $1::text || i, $3::timestamptz, CASE WHEN $1::text = 'completed' THEN now() END, '{"outcome":"completed"}', $4::int
         FROM generate_series(1, $2::int) i`,
      [state, count, since, priority],
    );

  const read = () => readLiveJobs(db as unknown as Queryable, 'pgboss');

  it('are counted by state, and the one in hand for longest is the oldest', async () => {
    const worker = await startWorker(db, ollama, ONE_WORKER);
    expect(await read()).toEqual({
      created: 0,
      retry: 0,
      active: 0,
      deadLetters: 0,
      oldestSeconds: { live: null, backlog: null },
    });
    const request = hang({ ollama }, 'is waited for');
    await insertBlock(db, { content: 'is waited for' });
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

  it('are read through indexes alone, beside 100,000 settled ones', async () => {
    await insertJobs('completed', SETTLED, new Date().toISOString());
    await insertJobs('created', WAITING, new Date(Date.now() - 60_000).toISOString());
    await insertJobs('active', 100, new Date(Date.now() - 3_600_000).toISOString(), 10);
    await db.query('VACUUM ANALYZE pgboss.job');
    const nodes: Plan[] = [];
    const explaining: Queryable = {
      query: async (text, values = []) => {
        const [row] = await db.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
          `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
          values,
        );
        nodes.push(...nodesOf(row?.['QUERY PLAN'][0].Plan as Plan));
        return await db.query(text, values);
      },
      executeSql: () => Promise.reject(new Error('not asked for')),
    };
    const jobs = await readLiveJobs(explaining, 'pgboss');
    expect(jobs).toMatchObject({ created: WAITING, retry: 0, active: 100 });
    expect(jobs.oldestSeconds.live).toBeGreaterThan(3_599);
    expect(jobs.oldestSeconds.backlog).toBeGreaterThan(59);
    expect(jobs.oldestSeconds.backlog).toBeLessThan(3_599);
    const reads = nodes.filter((node) => node['Relation Name'] !== undefined || /Scan/.test(node['Node Type']));
    expect(reads.length).toBeGreaterThan(3);
    expect(reads.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([]);
    expect(reads.filter((node) => node['Relation Name'] === 'blocks')).toEqual([]);
    const pages = nodes.map((node) => node['Shared Hit Blocks'] + node['Shared Read Blocks']);
    expect(Math.max(...pages)).toBeLessThan(PAGES);
  });
});
