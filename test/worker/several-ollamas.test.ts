import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { Balancer } from '../support/balancer.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlocks } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { countByStatus, untilIdle } from '../support/worker-blocks.js';
import { startWorker, stopWorkers, type TestWorker } from '../support/worker-in-process.js';

const SPEED = { requestMs: 20, textMs: 1 };
/** What docs/scaling.md promises: the 5 s that a connection is kept, and a request that it has in flight. */
const SHARE_RETURNS_MS = 6_000;

/** The worker keeps what it opened to the server that is gone, or that has come back, for as long as it likes. */
describeWithServer('of two Ollamas behind one address', () => {
  let db: TestDatabase;
  let first: StandIn;
  let second: StandIn;
  let balancer: Balancer;
  let worker: TestWorker;
  beforeAll(async () => {
    db = await createDatabase();
    [first, second, balancer] = await Promise.all([startStandIn(SPEED), startStandIn(SPEED), Balancer.start()]);
    balancer.sendTo(first, second);
    worker = await startWorker(db, balancer, { PALDOCS_OLLAMA_CONCURRENCY: '4' }); // 2 for each
  });
  afterAll(async () => {
    await stopWorkers();
    await Promise.all([balancer.stop(), first.stop(), second.stop()]);
  });

  /** Has so many blocks embedded. @returns how many texts each has embedded of them */
  async function embed(blocks: number): Promise<{ first: number; second: number }> {
    const before = { first: first.stats.textsEmbedded, second: second.stats.textsEmbedded };
    await insertBlocks(db, blocks);
    await untilIdle(db);
    return {
      first: first.stats.textsEmbedded - before.first,
      second: second.stats.textsEmbedded - before.second,
    };
  }

  it('both embed a fair share', async () => {
    const shares = await embed(600);
    expect(Math.min(shares.first, shares.second)).toBeGreaterThan(150);
  });

  it('one goes away in the middle of its work, which costs no block a failure, and the other has its share', async () => {
    const working = second.waitFor(({ stats }) => stats.running > 0);
    const embedding = embed(400);
    await working;
    await second.stop();
    // For a while it is still sent connections, and refuses them, until someone has noticed.
    await first.waitFor(({ stats: { textsEmbedded } }) => textsEmbedded >= 400);
    balancer.sendTo(first);
    expect((await embedding).first).toBeGreaterThan(200);
    expect(worker.events.seen.failed).toEqual([]);
    expect(await countByStatus(db)).toEqual({ completed: 1_000 });
  });

  it('it has its share again soon after it has come back', async () => {
    await embed(100); // over connections to the other
    second = await startStandIn(SPEED);
    balancer.sendTo(first, second);
    const back = performance.now();
    let longestMs = 0;
    while (second.stats.textsEmbedded === 0) {
      const from = performance.now();
      await embed(20);
      longestMs = Math.max(longestMs, performance.now() - from);
    }
    // Beside what is under way at the time, and what then reaches the other.
    expect(performance.now() - back).toBeLessThan(SHARE_RETURNS_MS + 2 * longestMs);
    const shares = await embed(600);
    expect(Math.min(shares.first, shares.second)).toBeGreaterThan(150);
    expect(worker.events.seen.failed).toEqual([]);
  });
});
