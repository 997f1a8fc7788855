import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithCluster } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { poll } from '../support/poll.js';
import type { TestDatabase } from '../support/test-database.js';
import { expectEmbedded, jobsOf } from '../support/worker-blocks.js';
import { hang } from '../support/worker-hold.js';
import { get, withoutQueue } from '../support/worker-http.js';
import { workerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';

// In a process of its own: errors of sockets are of another realm in Jest's, and not what the worker meets.
describeWithCluster('a worker whose database is gone', (own) => {
  let db: TestDatabase;
  let ollama: StandIn;
  let worker: WorkerProcess;
  let url: string;
  beforeAll(async () => {
    db = await createDatabase({}, own().server);
    ollama = await startStandIn({ recordTexts: true });
    worker = WorkerProcess.start(workerEnvironment(db, ollama, { PALDOCS_RETRY_LIMIT: '0' }));
    url = await worker.untilWorking();
  });
  afterAll(async () => {
    await killProcesses();
    await ollama.stop();
  });

  it.each(['fast', 'immediate'] as const)(
    '(%s shutdown) is well but not ready, and goes on by itself',
    async (mode) => {
      const { cluster } = own();
      expect(await get(`${url}/readyz`)).toMatchObject({ status: 200 });
      await cluster.halt(mode);
      try {
        expect(await get(`${url}/readyz`)).toMatchObject({
          status: 503,
          json: { ok: false, parts: { database: { ok: false } } },
        });
        expect(await get(`${url}/healthz`)).toMatchObject({ status: 200 });
        const metrics = await get(`${url}/metrics`);
        expect(metrics.status).toBe(200);
        const text = withoutQueue(metrics.text);
        expect(text).toContain('embedding_total{outcome="completed"}');
        expect(text).not.toMatch(/^embedding_queue_depth /m); // unknown is not 0
        expect(text).toMatch(/^embedding_queue_readable 0$/m);
      } finally {
        await cluster.resume();
      }
      const ready = await poll(20_000, async () => ((await get(`${url}/readyz`)).status === 200 ? true : undefined));
      expect(ready).toBe(true);
      const id = await insertBlock(db, { content: `after a ${mode} shutdown` });
      await expectEmbedded(db, id, `after a ${mode} shutdown`, { timeoutMs: 20_000 });
    },
  );

  it('stores what was embedded meanwhile when it is back', async () => {
    const { cluster } = own();
    const request = hang({ ollama }, 'embedded without a database');
    const id = await insertBlock(db, { content: 'embedded without a database' });
    await request.reached();
    await cluster.halt('immediate');
    try {
      request.release();
      await worker.untilLogged('database error; retrying');
    } finally {
      await cluster.resume();
    }
    await expectEmbedded(db, id, 'embedded without a database', { timeoutMs: 20_000 });
    expect(ollama.timesEmbedded().get(`${DEFAULT_INSTRUCTION}embedded without a database`)).toBe(1);
    expect(await jobsOf(db, id)).toMatchObject([{ state: 'completed', retryCount: 0 }]);
  });

  it('does not end for it', () => {
    expect(worker.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
