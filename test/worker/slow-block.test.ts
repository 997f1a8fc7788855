import { insertBacklog } from '../support/backlog.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, notify } from '../support/fixtures.js';
import { expectEmbedded, failureReportsOf, readBlock, untilIdle, untilStatus } from '../support/worker-blocks.js';
import { ONE_WORKER } from '../support/worker-hold.js';
import { useSite } from '../support/worker-site.js';

/** With these, a job is held for 5 s, and a slow one for 9 s. */
const ENVIRONMENT = { ...ONE_WORKER, PALDOCS_JOB_EXPIRE_SECONDS: '10', PALDOCS_RETRY_LIMIT: '0' };
const SENTENCE = 'A sentence about harbours. ';

describeWithServer('a text whose parts take', () => {
  const site = useSite({ environment: ENVIRONMENT, standIn: { contextTokens: 64, textMs: 75 } });

  it.each([
    ['more than half of the job’s expiry is embedded alone and delays no other block', 400, 'completed', []],
    [
      'more than nine tenths of the job’s expiry fails with a message that names the variable',
      2_000,
      'error',
      ['TOO_SLOW'],
    ],
  ] as const)('%s', async (_, sentences, status, reasons) => {
    const { db, worker } = site();
    const long = await insertBlock(db, { content: SENTENCE.repeat(sentences) });
    const neighbours = await insertBacklog(db, 9);
    await notify(db);
    for (const [index, id] of neighbours.entries()) await expectEmbedded(db, id, `Text number ${index}.`);
    expect(await readBlock(db, long)).toMatchObject({ vector: null });
    await untilStatus(db, long, status, 40_000);
    await untilIdle(db);
    expect(worker.events.requeued('timeout')).toBeGreaterThan(0);
    expect(worker.events.seen.failed.map(({ reason }) => reason)).toEqual(reasons);
    const messages = (await failureReportsOf(db, long)).map(({ message }) => message);
    const named = expect.stringContaining('PALDOCS_JOB_EXPIRE_SECONDS') as string;
    expect(messages).toEqual(reasons.map(() => named));
  });
});
