import { isOurJob } from '../../src/pipeline/is-our-job.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { expectEmbedded } from '../support/worker-blocks.js';
import { readMetric } from '../support/worker-http.js';
import { useSite } from '../support/worker-site.js';

const SINCE = '2026-01-01T00:00:00.000Z';

describe('a job', () => {
  it.each([
    ['of a live edit', { blockId: '7', since: SINCE, priority: 10 }, true],
    [
      'of backlog, with counts',
      { blockId: '7', since: SINCE, priority: 0, failures: 1, crashes: 2, unchangedRequeues: 1, counted: 3 },
      true,
    ],
    ['without data', null, false],
    ['with a text for data', 'wake up', false],
    ['with a list for data', ['7'], false],
    ['with data of another program', { userId: 7 }, false],
    ['with an id of another type', { blockId: 'abc', since: SINCE, priority: 0 }, false],
    ['with an id beyond its type', { blockId: '99999999999999999999', since: SINCE, priority: 0 }, false],
    ['with a number for its id', { blockId: 7, since: SINCE, priority: 0 }, false],
    ['without a time', { blockId: '7', priority: 0 }, false],
    ['with an invalid time', { blockId: '7', since: 'yesterday', priority: 0 }, false],
    ['of an unknown priority', { blockId: '7', since: SINCE, priority: 3 }, false],
    ['with a count that is no number', { blockId: '7', since: SINCE, priority: 0, failures: 'many' }, false],
    ['with negative counts', { blockId: '7', since: SINCE, priority: 0, crashes: -1 }, false],
  ])('%s is recognized as ours or as unreadable', (_, data, isOurs) => {
    expect(isOurJob({ data }, 'bigint')).toBe(isOurs);
  });
});

describeWithServer('an unreadable job in the queue', () => {
  const site = useSite({ environment: { PALDOCS_WORKER_CONCURRENCY: '2' } });

  const send = async (db: TestDatabase, key: string | null, data: unknown) => {
    const [row] = await db.query<{ id: string }>(
      `INSERT INTO pgboss.job (name, data, policy, singleton_key, priority)
       VALUES ('embed-block', $1::jsonb, 'exclusive', $2, 10) RETURNING id::text AS id`,
      [JSON.stringify(data), key],
    );
    return row?.id ?? '';
  };

  it.each([
    ['a key that is no id', 'abc', { blockId: 'abc', since: SINCE, priority: 10 }],
    ['data of another program', '123456', { userId: 1 }],
    ['no data and no key', null, null],
  ])('with %s is completed as unreadable and delays no other', async (_, key, data) => {
    const { db, worker } = site();
    const jobId = await send(db, key, data);
    const id = await insertBlock(db, { content: `next to ${String(key)}` });
    await expectEmbedded(db, id, `next to ${String(key)}`);
    await db.untilRow<{ state: string; output: object }>(
      'SELECT state::text, output FROM pgboss.job WHERE id = $1',
      [jobId],
      ({ state }) => state === 'completed',
    );
    await worker.events.until((events) => events.seen.unreadable.length === 1);
    expect(await db.query('SELECT output FROM pgboss.job WHERE id = $1', [jobId])).toEqual([
      { output: { outcome: 'unreadable' } },
    ]);
    const lines = worker.log.lines.filter(({ fields }) => 'jobId' in fields && fields.jobId === jobId);
    expect(lines).toMatchObject([{ level: 'warn' }]);
    expect(await db.query(`SELECT FROM pgboss.job WHERE name = 'embed-block-failed'`)).toEqual([]);
    expect(worker.events.seen.leading).toEqual([]);
    expect(await readMetric(worker.url, 'embedding_errors_total{reason="UNREADABLE"}')).toBeGreaterThan(0);
  });

  it('in retry does not prevent the blocks of other jobs from being reset', async () => {
    const { db, worker } = site();
    await db.query(
      `INSERT INTO pgboss.job (name, data, policy, singleton_key, state, start_after)
       VALUES ('embed-block', NULL, 'exclusive', 'no id at all', 'retry', now() + interval '1 hour')`,
    );
    const id = await insertBlock(db, { content: 'in retry' });
    await expectEmbedded(db, id, 'in retry');
    await db.query(`UPDATE blocks SET embedding_status = 'processing' WHERE id = $1`, [id]);
    await db.query(
      `INSERT INTO pgboss.job (name, data, policy, singleton_key, state, start_after)
       VALUES ('embed-block', $1, 'exclusive', $2, 'retry', now() + interval '1 hour')`,
      [JSON.stringify({ blockId: id, since: SINCE, priority: 0 }), id],
    );
    await db.untilRow<{ status: string }>(
      'SELECT embedding_status AS status FROM blocks WHERE id = $1',
      [id],
      ({ status }) => status === 'pending',
    );
    expect(worker.events.seen.leading).toEqual([]);
  });
});
