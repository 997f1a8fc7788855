import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { expectEmbedded, failureReportsOf, untilJob, untilStatus } from '../support/worker-blocks.js';
import { keepBusy, ONE_WORKER } from '../support/worker-hold.js';
import { useSite } from '../support/worker-site.js';

describeWithServer('a block that crashed workers', () => {
  const site = useSite({ environment: { ...ONE_WORKER, PALDOCS_RETRY_LIMIT: '0' } });

  /** Inserts a block whose job returns from this many crashes, next to a neighbour; both are fetched together. */
  async function afterCrashes(text: string, crashes: { counted: number; claims: number }) {
    const { db } = site();
    const busy = await keepBusy(site());
    const id = await insertBlock(db, { content: text });
    const neighbour = await insertBlock(db, { content: `neighbour of ${text}` });
    await untilJob(db, id, ({ state }) => state === 'created');
    await untilJob(db, neighbour, ({ state }) => state === 'created');
    await db.query(
      `UPDATE pgboss.job SET state = 'retry', started_on = now(), retry_count = $2,
              data = data || jsonb_build_object('crashes', $3::int)
        WHERE name = 'embed-block' AND singleton_key = $1`,
      // A claim from retry raises the count by one.
      [id, crashes.claims - 1, crashes.counted],
    );
    busy.release();
    return { id, neighbour };
  }

  const textsBeside = (text: string) =>
    site().ollama.requests.find(({ recordedTexts }) => recordedTexts?.includes(DEFAULT_INSTRUCTION + text))?.texts;

  it('once is embedded together with others, and the crash is reported', async () => {
    const { db, worker } = site();
    const { id } = await afterCrashes('crashed once', { counted: 0, claims: 1 });
    await expectEmbedded(db, id, 'crashed once');
    expect(textsBeside('crashed once')).toBe(2);
    expect(worker.events.seen.crash).toEqual([{ count: 1 }]);
    expect(worker.events.seen.failed).toEqual([]);
  });

  it.each([
    ['twice in this job', { counted: 0, claims: 2 }],
    ['twice in jobs that this one replaced', { counted: 2, claims: 1 }],
    ['eleven times', { counted: 10, claims: 1 }],
  ])('%s is embedded alone', async (name, crashes) => {
    const { db, worker } = site();
    const { id, neighbour } = await afterCrashes(name, crashes);
    await expectEmbedded(db, id, name);
    await expectEmbedded(db, neighbour, `neighbour of ${name}`);
    expect(textsBeside(name)).toBe(1);
    expect(worker.events.seen.failed).toEqual([]);
  });

  it('ten times while alone is dead-lettered with the reason WORKER_CRASHES', async () => {
    const { db, worker } = site();
    const { id, neighbour } = await afterCrashes('a crasher', { counted: 11, claims: 1 });
    await untilStatus(db, id, 'error');
    await expectEmbedded(db, neighbour, 'neighbour of a crasher');
    expect(textsBeside('a crasher')).toBeUndefined();
    expect(await failureReportsOf(db, id)).toMatchObject([{ reason: 'WORKER_CRASHES', crashes: 12 }]);
    await worker.events.until(({ seen }) => seen.failed.length > 0);
    expect(worker.events.seen.failed).toEqual([{ reason: 'WORKER_CRASHES', final: true }]);
  });
});
