import { randomUUID } from 'node:crypto';
import { PRIORITY } from '../../../src/queue/job.js';
import { DEAD_LETTER_QUEUE, QUEUE } from '../testbed/queue-names.js';
import type { Nemesis } from '../nemesis.js';
import type { Random } from '../random.js';
import { sleep } from '../../../src/base/sleep.js';

const SINCE = '2026-01-01T00:00:00.000Z';
const MAX_JOBS = 8;

/** Data that no job of ours has: another shape, or an id that no block can have. */
const DATA: readonly unknown[] = [
  null,
  'wake up',
  42,
  [],
  ['7'],
  {},
  { userId: 7, action: 'send mail' },
  { blockId: 'abc', since: SINCE, priority: PRIORITY.live },
  { blockId: '', since: SINCE, priority: PRIORITY.live },
  { blockId: ' 7', since: SINCE, priority: PRIORITY.backlog },
  { blockId: '7; DROP TABLE blocks', since: SINCE, priority: PRIORITY.backlog },
  { blockId: '9'.repeat(40), since: SINCE, priority: PRIORITY.live },
  { blockId: 7, since: SINCE, priority: PRIORITY.live },
  { blockId: '7' },
  { blockId: '7', since: 'yesterday', priority: PRIORITY.live },
  { blockId: '7', since: SINCE, priority: 'high' },
  { blockId: '7', since: SINCE, priority: PRIORITY.live, failures: 'many' },
  { blockId: '7', since: SINCE, priority: PRIORITY.live, crashes: -1 },
];
const KEYS = [null, 'abc', '', ' ', '-1', '0x2A', '4.2', '9'.repeat(40), 'Ä 🙂', 'x'.repeat(1_000)];

/** A job as another program that can write to pg-boss's tables sends it. */
interface ForeignJob {
  readonly id: string;
  readonly key: string | null;
  readonly data: string | null;
  readonly state: 'created' | 'retry';
  readonly priority: number;
}

/** Other programs send jobs to the workers' queue, and dead letters without a block. This must delay no block. */
export const foreignJobs: Nemesis = {
  name: 'foreign-jobs',
  delaysOthers: false,
  countsNothing: true,
  run: async ({ testbed, random, signal }) => {
    for (let i = random.between(1, 4); i > 0 && !signal.aborted; i--) {
      const [block] = await testbed.database.query<{ id: string }>(ANY_BLOCK);
      const keys = block === undefined ? KEYS : [...KEYS, block.id];
      if (block !== undefined) testbed.noteContention([block.id]); // an edit finds the singleton key taken
      const jobs = Array.from({ length: random.between(1, MAX_JOBS) }, () => foreignJob(random, keys));
      testbed.noteForeignJobs(jobs.map(({ id }) => id));
      await testbed.database.query(SEND, [QUEUE, JSON.stringify(jobs)]);
      if (random.chance(0.3))
        await testbed.database.query(SEND, [DEAD_LETTER_QUEUE, JSON.stringify([foreignJob(random, KEYS)])]);
      await sleep(random.between(100, 1_500), signal);
    }
  },
};

function foreignJob(random: Random, keys: readonly (string | null)[]): ForeignJob {
  const data = random.pick(DATA);
  return {
    id: randomUUID(),
    key: random.pick(keys),
    data: data === null && random.chance(0.5) ? null : JSON.stringify(data),
    state: random.pick(['created', 'retry']),
    priority: random.pick([PRIORITY.live, PRIORITY.backlog]),
  };
}

const ANY_BLOCK = 'SELECT id::text AS id FROM blocks ORDER BY random() LIMIT 1';

/** Inserts with the queue's options, as pg-boss does. Jobs whose singleton key is taken are skipped. */
const SEND = `
INSERT INTO pgboss.job (id, name, data, singleton_key, state, priority, retry_count, retry_limit, retry_delay, retry_backoff,
  expire_seconds, deletion_seconds, keep_until, policy, dead_letter, heartbeat_seconds)
SELECT j.id, q.name, j.data::jsonb, j.key, j.state::pgboss.job_state, j.priority, CASE j.state WHEN 'retry' THEN 1 ELSE 0 END,
       q.retry_limit, q.retry_delay, q.retry_backoff, q.expire_seconds, q.deletion_seconds, now() + q.retention_seconds * interval '1 s',
       q.policy, q.dead_letter, q.heartbeat_seconds
  FROM json_to_recordset($2::json) AS j (id uuid, key text, data text, state text, priority int), pgboss.queue q
 WHERE q.name = $1
ON CONFLICT DO NOTHING`;
