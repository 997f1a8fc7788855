import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { countByStatus, expectEmbedded, jobsOf, readBlock, untilIdle } from '../support/worker-blocks.js';
import { readMetric } from '../support/worker-http.js';
import { workerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';

/** Heartbeat (10 s) plus its detection (15 s) and a margin. */
const TAKEN_UP_MS = 45_000;

describeWithServer('a worker killed in the middle of a batch', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  beforeAll(async () => {
    db = await createDatabase();
    ollama = await startStandIn({ recordTexts: true });
  });
  afterAll(async () => {
    await killProcesses();
    await ollama.stop();
  });

  it('leaves blocks that the next worker embeds with their current text, without delaying others', async () => {
    const environment = workerEnvironment(db, ollama, {
      PALDOCS_HEARTBEAT_SECONDS: '10',
      PALDOCS_RETRY_LIMIT: '0',
      PALDOCS_RETRY_DELAY_SECONDS: '0',
    });
    const hang = ollama.faults.add({ preset: 'hang', endpoint: '/api/embed' });
    const killed = WorkerProcess.start(environment);
    await killed.untilWorking();
    const ids = await insertBlocks(db, 15);
    await ollama.waitFor(({ stats }) => stats.hanging === 2);
    await db.untilRow<{ n: number }>(
      `SELECT count(*)::int AS n FROM blocks WHERE embedding_status = 'processing'`,
      [],
      ({ n }) => n === ids.length,
    );
    killed.kill('SIGKILL');
    await killed.untilEnd();
    hang.remove();
    const [edited = '', orphan = ''] = ids;
    expect(await readBlock(db, orphan)).toEqual({ status: 'processing', vector: null });
    // An edit while no worker listens.
    await db.query(`UPDATE blocks SET content = '"edited meanwhile"' WHERE id = $1`, [edited]);

    const next = WorkerProcess.start(environment);
    const url = await next.untilWorking();
    const fresh = await insertBlock(db, { content: 'a new block' });
    await expectEmbedded(db, fresh, 'a new block');
    expect(await readBlock(db, orphan)).toMatchObject({ status: 'processing' });

    await untilIdle(db, TAKEN_UP_MS);
    expect(await countByStatus(db)).toEqual({ completed: 16 });
    await expectEmbedded(db, edited, 'edited meanwhile');
    await expectEmbedded(db, orphan, 'Text number 1.');
    expect(await jobsOf(db, orphan)).toMatchObject([{ state: 'completed', retryCount: 1 }]);
    expect(await readMetric(url, 'embedding_crashes_total')).toBeGreaterThan(0);
    expect(await readMetric(url, 'embedding_dead_lettered_total')).toBe(0);
  });
});
