import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { Balancer } from '../support/balancer.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlocks } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { countByStatus, untilIdle } from '../support/worker-blocks.js';
import { startWorker, stopWorkers, type TestWorker } from '../support/worker-in-process.js';

const SPEED = { requestMs: 20, textMs: 1 };
/** As docs/scaling.md promises: the 5 s that a connection is kept, and a request in flight. */
const SHARE_RETURNS_MS = 6_000;

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
    worker = await startWorker(db, balancer, { PALDOCS_OLLAMA_CONCURRENCY: '4', PALDOCS_BATCH_SIZE: '10' }); // 2 requests for each
  });
  afterAll(async () => {
    await stopWorkers();
    await Promise.all([balancer.stop(), first.stop(), second.stop()]);
  });

  /** Inserts blocks and waits until they are embedded. @returns how many texts each server embedded */
  async function embed(blocks: number): Promise<{ first: number; second: number }> {
    const before = { first: first.stats.textsEmbedded, second: second.stats.textsEmbedded };
    await insertBlocks(db, blocks);
    await untilIdle(db);
    return {
      first: first.stats.textsEmbedded - before.first,
      second: second.stats.textsEmbedded - before.second,
    };
  }

  it('both embed about half', async () => {
    const shares = await embed(600);
    expect(Math.min(shares.first, shares.second)).toBeGreaterThan(150);
  });

  it('one may stop during its work without a failure of any block', async () => {
    const working = second.waitFor(({ stats }) => stats.running > 0);
    const embedding = embed(400);
    await working;
    await second.stop();
    // The balancer sends it connections, which it refuses, until the test removes it.
    await first.waitFor(({ stats: { textsEmbedded } }) => textsEmbedded >= 400);
    balancer.sendTo(first);
    expect((await embedding).first).toBeGreaterThan(200);
    expect(worker.events.seen.failed).toEqual([]);
    expect(await countByStatus(db)).toEqual({ completed: 1_000 });
  });

  it('one that returns soon gets its share again', async () => {
    await embed(100); // over connections to the first
    second = await startStandIn(SPEED);
    balancer.sendTo(first, second);
    const back = performance.now();
    let longestMs = 0;
    while (second.stats.textsEmbedded === 0) {
      const from = performance.now();
      await embed(20);
      longestMs = Math.max(longestMs, performance.now() - from);
    }
    // In addition, requests that were under way or that still reach the first.
    expect(performance.now() - back).toBeLessThan(SHARE_RETURNS_MS + 2 * longestMs);
    const shares = await embed(600);
    expect(Math.min(shares.first, shares.second)).toBeGreaterThan(150);
    expect(worker.events.seen.failed).toEqual([]);
  });
});
