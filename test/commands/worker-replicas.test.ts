import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks } from '../support/fixtures.js';
import { poll } from '../support/poll.js';
import type { TestDatabase } from '../support/test-database.js';
import { countByStatus, expectEmbedded, untilIdle } from '../support/worker-blocks.js';
import { readMetric } from '../support/worker-http.js';
import { workerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';

const BLOCKS = 600;

describeWithServer('two replicas', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  let replicas: { process: WorkerProcess; url: string }[];
  beforeAll(async () => {
    db = await createDatabase();
    ollama = await startStandIn({ recordTexts: true, textMs: 4, parallel: 4 });
    const environment = workerEnvironment(db, ollama);
    const processes = [WorkerProcess.start(environment), WorkerProcess.start(environment)];
    replicas = await Promise.all(processes.map(async (process) => ({ process, url: await process.untilWorking() })));
  });
  afterAll(async () => {
    await killProcesses();
    await ollama.stop();
  });

  const leaders = async () => {
    const leading = await Promise.all(replicas.map(({ url }) => readMetric(url, 'embedding_leader')));
    return replicas.filter((_, index) => leading[index] === 1);
  };

  it('have one leader', async () => {
    const count = await poll(10_000, async () => {
      const { length } = await leaders();
      return length === 1 ? length : undefined;
    });
    expect(count).toBe(1);
  });

  it('share the work, and embed each block once', async () => {
    const hang = ollama.faults.add({ preset: 'hang', endpoint: '/api/embed' });
    await insertBlocks(db, BLOCKS);
    await ollama.waitFor(({ stats }) => stats.hanging === 4); // two of each
    hang.remove();
    await untilIdle(db, 30_000);
    expect(await countByStatus(db)).toEqual({ completed: BLOCKS });
    const times = ollama.timesEmbedded();
    expect(times.size).toBe(BLOCKS);
    expect(Math.max(...times.values())).toBe(1);
    const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
    const shares = await poll(10_000, async () => {
      const counts = await Promise.all(
        replicas.map(async ({ url }) => (await readMetric(url, 'embedding_total{outcome="completed"}')) ?? 0),
      );
      return sum(counts) >= BLOCKS ? counts : undefined; // counted once the commit is answered
    });
    expect(sum(shares ?? [])).toBe(BLOCKS);
    expect(Math.min(...(shares ?? []))).toBeGreaterThan(0);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('go on when the leader ends by %s', async (signal) => {
    const [leader] = await leaders();
    leader?.process.kill(signal);
    await leader?.process.untilEnd();
    const id = await insertBlock(db, { content: `after ${signal}` });
    await expectEmbedded(db, id, `after ${signal}`, { timeoutMs: 15_000 });
    // The second time, another is to be left.
    const process = WorkerProcess.start(workerEnvironment(db, ollama));
    replicas = [...replicas.filter((replica) => replica !== leader), { process, url: await process.untilWorking() }];
  });
});
