import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlocks } from '../support/fixtures.js';
import { countByStatus, isVectorOf, untilIdle } from '../support/worker-blocks.js';
import type { TestDatabase } from '../support/test-database.js';
import { useSite } from '../support/worker-site.js';

/** The texts of those blocks whose vector is not that of their text. */
async function strangers(db: TestDatabase, text: (content: string) => string): Promise<string[]> {
  const rows = await db.query<{ content: string; vector: string }>(
    `SELECT content #>> '{}' AS content, embedding::text AS vector FROM blocks`,
  );
  return rows
    .filter(({ content, vector }) => !isVectorOf(JSON.parse(vector) as number[], text(content)))
    .map(({ content }) => content);
}

const withInstruction = (content: string) => DEFAULT_INSTRUCTION + content;

describeWithServer('1,000 blocks inserted in one statement', () => {
  const site = useSite();

  it('are all embedded, each once and with its own vector', async () => {
    const { db, ollama, worker } = site();
    await insertBlocks(db, 1_000);
    await untilIdle(db);
    expect(await countByStatus(db)).toEqual({ completed: 1_000 });
    expect(await strangers(db, withInstruction)).toEqual([]);
    const times = ollama.timesEmbedded();
    expect(times.size).toBe(1_000);
    expect(Math.max(...times.values())).toBe(1);
    await worker.events.until((events) => events.settled('completed') === 1_000);
  });
});

describeWithServer('more than 1,000 notifications in a second', () => {
  const site = useSite();

  it('are left to the sweep, which misses none', async () => {
    const { db, ollama, worker } = site();
    // However the seconds fall, all of them arrive within two.
    await insertBlocks(db, 2_100);
    await untilIdle(db, 30_000);
    expect(await countByStatus(db)).toEqual({ completed: 2_100 });
    expect(await strangers(db, withInstruction)).toEqual([]);
    expect(Math.max(...ollama.timesEmbedded().values())).toBe(1);
    const { bridged, swept } = worker.events.seen;
    expect(bridged.reduce((sum, { notified }) => sum + notified, 0)).toBeLessThanOrEqual(2_000);
    expect(swept.reduce((sum, { enqueued }) => sum + enqueued, 0)).toBeGreaterThan(0);
  });
});
