import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { expectEmbedded, untilJob, untilStatus } from '../support/worker-blocks.js';
import { keepBusy, ONE_WORKER } from '../support/worker-hold.js';
import { useSite } from '../support/worker-site.js';

describeWithServer('a block with which workers died', () => {
  const site = useSite({ environment: { ...ONE_WORKER, PALDOCS_RETRY_LIMIT: '0' } });

  /** A block whose job comes back from so many crashes, among others, when the hold is released. */
  async function afterDeaths(text: string, crashes: { counted: number; claims: number }) {
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

  it('once is embedded together with others, and the death is told', async () => {
    const { db, worker } = site();
    const { id } = await afterDeaths('died once', { counted: 0, claims: 1 });
    await expectEmbedded(db, id, 'died once');
    expect(textsBeside('died once')).toBe(2);
    expect(worker.events.seen.crash).toEqual([{ count: 1 }]);
    expect(worker.events.seen.failed).toEqual([]);
  });

  it.each([
    ['twice with this job', { counted: 0, claims: 2 }],
    ['twice with jobs that this one replaced', { counted: 2, claims: 1 }],
    ['eleven times', { counted: 10, claims: 1 }],
  ])('%s is embedded alone', async (name, crashes) => {
    const { db, worker } = site();
    const { id, neighbour } = await afterDeaths(name, crashes);
    await expectEmbedded(db, id, name);
    await expectEmbedded(db, neighbour, `neighbour of ${name}`);
    expect(textsBeside(name)).toBe(1);
    expect(worker.events.seen.failed).toEqual([]);
  });

  it('ten times alone is set aside, with that reason', async () => {
    const { db, worker } = site();
    const { id, neighbour } = await afterDeaths('a killer', { counted: 11, claims: 1 });
    await untilStatus(db, id, 'error');
    await expectEmbedded(db, neighbour, 'neighbour of a killer');
    expect(textsBeside('a killer')).toBeUndefined();
    const letters = await db.query(
      `SELECT source_output AS report FROM pgboss.job WHERE name = 'embed-block-failed' AND singleton_key = $1`,
      [id],
    );
    expect(letters).toMatchObject([{ report: { reason: 'WORKER_CRASHES', crashes: 12 } }]);
    await worker.events.until(({ seen }) => seen.failed.length > 0);
    expect(worker.events.seen.failed).toEqual([{ reason: 'WORKER_CRASHES', final: true }]);
  });
});
