import { insertBacklog } from '../support/backlog.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { expectEmbedded, readBlock, untilIdle, untilStatus } from '../support/worker-blocks.js';
import { ONE_WORKER } from '../support/worker-hold.js';
import { useSite } from '../support/worker-site.js';

/** A job is held for 5 s, and a slow one for 9. */
const ENVIRONMENT = { ...ONE_WORKER, PALDOCS_JOB_EXPIRE_SECONDS: '10', PALDOCS_RETRY_LIMIT: '0' };
const SENTENCE = 'A sentence about harbours. ';

describeWithServer('a text whose parts take', () => {
  const site = useSite({ environment: ENVIRONMENT, standIn: { contextTokens: 64, textMs: 90 } });

  it.each([
    ['more than half of its job’s expiry is embedded alone, and delays no neighbour', 400, 'completed', []],
    ['more than nine tenths of it fails, and its reason names the variable', 2_000, 'error', ['TOO_SLOW']],
  ] as const)('%s', async (_, sentences, status, reasons) => {
    const { db, worker } = site();
    const long = await insertBlock(db, { content: SENTENCE.repeat(sentences) });
    const neighbours = await insertBacklog(db, 9);
    await db.query(`SELECT pg_notify('embedding_queue', '')`);
    for (const [index, id] of neighbours.entries()) await expectEmbedded(db, id, `Text number ${index}.`);
    expect(await readBlock(db, long)).toMatchObject({ vector: null });
    await untilStatus(db, long, status, 40_000);
    await untilIdle(db);
    expect(worker.events.requeued('timeout')).toBeGreaterThan(0);
    expect(worker.events.seen.failed.map(({ reason }) => reason)).toEqual(reasons);
    const letters = await db.query<{ message: string }>(
      `SELECT source_output->>'message' AS message FROM pgboss.job WHERE name = 'embed-block-failed' AND singleton_key = $1`,
      [long],
    );
    expect(letters.map(({ message }) => /PALDOCS_JOB_EXPIRE_SECONDS/.test(message))).toEqual(reasons.map(() => true));
  });
});
