import type { Queryable, Rollback, TransactionOptions } from '../../src/postgres/database.js';
import { PRIORITY } from '../../src/queue/job.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { insertBacklog } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { expectEmbedded, jobsOf, untilIdle } from '../support/worker-blocks.js';
import { startWorker, stopWorkers } from '../support/worker-in-process.js';
import { WatchedPostgres } from '../support/worker-postgres.js';

/** When the worker searched for pending blocks, outside of a sweep. */
const scans: number[] = [];
class CountingPostgres extends WatchedPostgres {
  override transaction<T>(work: (tx: Queryable) => Promise<T | Rollback<T>>, options?: TransactionOptions): Promise<T> {
    const watched = (tx: Queryable) => {
      const query = <Row extends object>(text: string, values?: readonly unknown[]) => {
        if (text.includes("THEN 'unset' END AS condition")) scans.push(performance.now());
        return tx.query<Row>(text, values);
      };
      return work({ ...tx, query });
    };
    return super.transaction(watched, options);
  }
}

/** A trigger that announces an edit without the block. */
const WITHOUT_BLOCK = `
CREATE OR REPLACE FUNCTION queue_block_embedding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.embedding_status := 'pending'; PERFORM pg_notify('embedding_queue', 'wake'); RETURN NEW;
END $$`;

describeWithServer('an API whose notifications do not identify the block', () => {
  let ollama: StandIn;
  beforeEach(async () => {
    scans.length = 0;
    ollama = await startStandIn({ recordTexts: true });
  });
  afterEach(async () => {
    ollama.faults.clear();
    await stopWorkers();
    await ollama.stop();
  });
  const start = async (environment = {}) => {
    const db = await createDatabase();
    await db.query(WITHOUT_BLOCK);
    return { db, start: () => startWorker(db, ollama, environment, (options) => new CountingPostgres(options)) };
  };

  it('gets each edit embedded without a sweep, with at most four scans a second', async () => {
    const site = await start();
    const worker = await site.start();
    worker.events.forget();
    const ids: string[] = [];
    for (let i = 0; i < 40; i++) ids.push(await insertBlock(site.db, { content: `edit ${i}` }));
    for (const [i, id] of ids.entries()) await expectEmbedded(site.db, id, `edit ${i}`);
    expect(worker.events.seen.swept).toEqual([]);
    expect(scans.length).toBeGreaterThan(1);
    const gaps = scans.slice(1).map((at, i) => at - (scans[i] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(240); // timers may fire a millisecond early
  });

  it('gets edits embedded as backlog while a sweep has left blocks behind', async () => {
    const site = await start({ PALDOCS_QUEUE_LIMIT: '20', PALDOCS_WORKER_CONCURRENCY: '1' });
    const backlog = await insertBacklog(site.db, 60);
    ollama.faults.add({ preset: 'hang', endpoint: '/api/embed' });
    await site.start();
    const id = await insertBlock(site.db, { content: 'among them' });
    ollama.faults.clear();
    await expectEmbedded(site.db, id, 'among them');
    await untilIdle(site.db);
    for (const block of [id, ...backlog.slice(-5)]) {
      expect(await jobsOf(site.db, block)).toMatchObject([{ data: { priority: PRIORITY.backlog } }]);
    }
  });

  it('gets edits embedded before the backlog once no blocks are left behind', async () => {
    const site = await start({ PALDOCS_QUEUE_LIMIT: '20' });
    await insertBacklog(site.db, 60);
    const worker = await site.start();
    await untilIdle(site.db);
    // A sweep has left nothing behind.
    await worker.events.until(({ seen }) => [...seen.swept, ...seen.filled].some(({ left }) => left === 0));
    const id = await insertBlock(site.db, { content: 'after it' });
    await expectEmbedded(site.db, id, 'after it');
    expect(await jobsOf(site.db, id)).toMatchObject([{ data: { priority: PRIORITY.live } }]);
  });
});
