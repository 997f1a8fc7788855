import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { countByStatus, untilIdle } from '../support/worker-blocks.js';
import { workerEnvironment, type WorkerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';

describeWithServer('the worker', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  beforeEach(async () => {
    db = await createDatabase();
    ollama = await startStandIn({ recordTexts: true });
  });
  afterEach(async () => {
    await killProcesses();
    await ollama.stop();
  });

  /** A worker with 100 blocks: all its pg-boss workers are busy, two requests are in flight and unanswered. */
  async function inMidBatch(environment: WorkerEnvironment = {}) {
    ollama.faults.add({ preset: 'hang', endpoint: '/api/embed' });
    const worker = WorkerProcess.start(workerEnvironment(db, ollama, environment));
    await worker.untilWorking();
    await insertBlocks(db, 100);
    await ollama.waitFor(({ stats }) => stats.hanging === 2);
    // Each pg-boss worker holds a batch; two requests are in flight, the others wait.
    await db.untilRow<{ active: number }>(
      `SELECT count(*)::int AS active FROM blocks WHERE embedding_status = 'processing'`,
      [],
      ({ active }) => active > 20,
    );
    const inFlight = ollama.requests.reduce((sum, { texts }) => sum + texts, 0);
    return { worker, inFlight };
  }

  const liveJobs = () =>
    db.query<{ state: string; claims: number; failures: number; count: number }>(
      `SELECT state::text, max(retry_count) AS claims, count(data ->> 'failures')::int AS failures, count(*)::int
         FROM pgboss.job WHERE name = 'embed-block' AND state <= 'active' GROUP BY state`,
    );

  /** Logged when the shutdown timeout passes before it has ended. */
  const timeouts = (worker: WorkerProcess) =>
    worker.lines.filter(({ message }) => message.includes('the shutdown timeout has passed'));

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'on %s stores the requests in flight, hands the rest back, and ends with status 0',
    async (signal) => {
      const { worker, inFlight } = await inMidBatch();
      worker.kill(signal);
      await worker.untilLogged('shutting down');
      ollama.faults.clear();
      const answered = performance.now();
      expect(await worker.untilEnd()).toEqual({ status: 0, signal: null });
      expect(performance.now() - answered).toBeLessThan(1_000);
      expect(timeouts(worker)).toEqual([]);

      expect(await countByStatus(db)).toEqual({ completed: inFlight, pending: 100 - inFlight });
      expect(await liveJobs()).toEqual([{ state: 'created', claims: 0, failures: 0, count: 100 - inFlight }]);
      expect(ollama.stats.textsEmbedded).toBe(inFlight);
    },
  );

  it('embeds the rest after a restart, each block once', async () => {
    const { worker } = await inMidBatch();
    worker.kill('SIGTERM');
    await worker.untilLogged('shutting down');
    ollama.faults.clear();
    await worker.untilEnd();
    const next = WorkerProcess.start(workerEnvironment(db, ollama));
    await next.untilWorking();
    await untilIdle(db);
    expect(await countByStatus(db)).toEqual({ completed: 100 });
    expect(Math.max(...ollama.timesEmbedded().values())).toBe(1);
  });

  it('ends at once on a second signal', async () => {
    const { worker } = await inMidBatch();
    worker.kill('SIGTERM');
    await worker.untilLogged('shutting down');
    const insisting = setInterval(() => worker.kill('SIGTERM'), 100); // one sent immediately would count as a duplicate of the first
    const insisted = performance.now();
    try {
      // An orderly end would take the shutdown timeout, since no request is answered, and give status 0.
      expect(await worker.untilEnd()).toEqual({ status: 1, signal: null });
      expect(performance.now() - insisted).toBeLessThan(1_000);
      expect(timeouts(worker)).toEqual([]);
    } finally {
      clearInterval(insisting);
    }
  });

  it('cancels its requests at the shutdown timeout and hands everything back', async () => {
    const { worker } = await inMidBatch({ PALDOCS_SHUTDOWN_TIMEOUT_SECONDS: '1' });
    worker.kill('SIGTERM');
    expect(await worker.untilLogged('shutdown timeout')).toMatchObject({ seconds: 1 });
    expect(await worker.untilEnd(5_000)).toEqual({ status: 0, signal: null });
    expect(await countByStatus(db)).toEqual({ pending: 100 });
    expect(await liveJobs()).toEqual([{ state: 'created', claims: 0, failures: 0, count: 100 }]);
  });

  it('hands its blocks back while it waits for an Ollama that is down', async () => {
    ollama.faults.add('refuse');
    const worker = WorkerProcess.start(workerEnvironment(db, ollama));
    await worker.untilWorking();
    await insertBlock(db);
    await worker.untilLogged('paused until');
    worker.kill('SIGTERM');
    expect(await worker.untilEnd(5_000)).toEqual({ status: 0, signal: null });
    expect(timeouts(worker)).toEqual([]);
    expect(await countByStatus(db)).toEqual({ pending: 1 });
  });

  it('can be stopped while it starts', async () => {
    const worker = WorkerProcess.start(workerEnvironment(db, ollama));
    await worker.untilLogged('serving');
    worker.kill('SIGTERM');
    expect(await worker.untilEnd(10_000)).toEqual({ status: 0, signal: null });
  });
});
