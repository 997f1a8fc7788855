import { capacityBeside } from '../../src/queue/capacity.js';
import { startStandIn } from '../../tools/stand-in/stand-in.js';
import type { BackfillResult } from '../../src/commands/backfill/report.js';
import { insertBacklog } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { runCli, runJson } from '../commands/cli.js';
import { startWorker, stopWorkers, workerEnvironment } from '../support/worker-in-process.js';

describe('a queue with a limit of 10', () => {
  it.each([
    [{ ready: 0, delayed: 0 }, 10],
    [{ ready: 3, delayed: 0 }, 7],
    [{ ready: 3, delayed: 50 }, 7],
    [{ ready: 3, delayed: 96 }, 4],
    [{ ready: 0, delayed: 100 }, 0],
    [{ ready: 0, delayed: 2_000 }, 0],
    [{ ready: 10, delayed: 0 }, 0],
    [{ ready: 5_000, delayed: 0 }, 0],
  ])('with %j has capacity for %d more', (jobs, capacity) => {
    expect(capacityBeside(jobs, 10)).toBe(capacity);
  });
});

describeWithServer('a queue with many delayed jobs', () => {
  afterEach(stopWorkers);

  it('accepts jobs from sweep, backfill and retry', async () => {
    const db = await createDatabase();
    const ollama = await startStandIn();
    const environment = workerEnvironment(db, ollama, { PALDOCS_QUEUE_LIMIT: '1000' });
    await (await startWorker(db, ollama, environment)).stop();
    const delayed = (count: number) =>
      db.query(
        `INSERT INTO pgboss.job (name, state, data, policy, singleton_key, start_after)
         SELECT 'embed-block', 'retry', jsonb_build_object('blockId', (-i)::text), 'exclusive', (-i)::text, now() + interval '1 day'
           FROM generate_series(1, $1::int) i`,
        [count],
      );
    const created = async () => {
      const rows = await db.query(`SELECT FROM pgboss.job WHERE name = 'embed-block' AND state = 'created'`);
      return rows.length;
    };
    await delayed(5_000);

    await insertBacklog(db, 600);
    const { enqueued } = await runJson<BackfillResult>(environment, ['backfill', '--rate', '0']);
    expect(enqueued).toBe(600);

    await db.query(`DELETE FROM pgboss.job WHERE state = 'created'`);
    await db.query(`UPDATE blocks SET embedding_status = 'error'`);
    expect((await runCli(environment, ['retry', '--all'])).status).toBe(0);
    expect(await created()).toBe(600); // including the second batch

    await db.query(`DELETE FROM pgboss.job WHERE state = 'created'`);
    const worker = await startWorker(db, ollama, environment);
    expect(worker.events.seen.swept).toMatchObject([{ enqueued: 600, left: 0 }]);
    await worker.stop();
    await ollama.stop();
  });
});
