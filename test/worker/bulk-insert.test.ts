import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { PRIORITY } from '../../src/queue/job.js';
import { startStandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlocks, insertNote } from '../support/fixtures.js';
import { countByStatus, isVectorOf, untilIdle } from '../support/worker-blocks.js';
import type { TestDatabase } from '../support/test-database.js';
import { startWorker, stopWorkers } from '../support/worker-in-process.js';
import { useSite } from '../support/worker-site.js';

/** The texts of blocks that have the vector of another text. */
async function textsWithWrongVector(db: TestDatabase, text: (content: string) => string): Promise<string[]> {
  const rows = await db.query<{ content: string; vector: string }>(
    `SELECT content #>> '{}' AS content, embedding::text AS vector FROM blocks`,
  );
  return rows
    .filter(({ content, vector }) => !isVectorOf(JSON.parse(vector) as number[], text(content)))
    .map(({ content }) => content);
}

const withInstruction = (content: string) => DEFAULT_INSTRUCTION + content;

/** The number of blocks that had a job, by its priority. */
async function jobsByPriority(db: TestDatabase): Promise<Record<number, number>> {
  const rows = await db.query<{ priority: number; blocks: number }>(
    `SELECT priority, count(DISTINCT singleton_key)::int AS blocks FROM pgboss.job WHERE name = 'embed-block' GROUP BY 1`,
  );
  return Object.fromEntries(rows.map(({ priority, blocks }) => [priority, blocks]));
}

describeWithServer('1,000 blocks inserted in one statement', () => {
  const site = useSite();

  it('are each embedded once and get the right vector', async () => {
    const { db, ollama, worker } = site();
    await insertBlocks(db, 1_000);
    await untilIdle(db);
    expect(await countByStatus(db)).toEqual({ completed: 1_000 });
    expect(await textsWithWrongVector(db, withInstruction)).toEqual([]);
    const times = ollama.timesEmbedded();
    expect(times.size).toBe(1_000);
    expect(Math.max(...times.values())).toBe(1);
    await worker.events.until((events) => events.settled('completed') === 1_000);
  });
});

describeWithServer('5,000 blocks inserted at once', () => {
  const site = useSite();

  it('are all enqueued as edits, the first of them alone', async () => {
    const { db, ollama, worker } = site();
    ollama.faults.add({ preset: 'hang' });
    await insertBlocks(db, 5_000);
    const enqueued = () => worker.events.seen.bridged.reduce((sum, bridged) => sum + bridged.enqueued, 0);
    await worker.events.until(() => enqueued() === 5_000);
    expect(await jobsByPriority(db)).toEqual({ [PRIORITY.live]: 5_000 });
    expect(worker.events.seen.bridged[0]).toMatchObject({ notified: 1 });
    expect(worker.events.seen.swept).toEqual([]);
    await db.query('DELETE FROM blocks'); // so that nothing needs to be embedded
  });
});

/** Finishes jobs as workers would, and deletes them. */
const WORK = `
WITH done AS (
  DELETE FROM pgboss.job WHERE name = 'embed-block' AND state IN ('created', 'active') RETURNING singleton_key, priority),
worked AS (
  UPDATE blocks SET embedding_status = 'completed' FROM done
   WHERE id = singleton_key::bigint AND embedding_status IN ('pending', 'processing') RETURNING priority)
SELECT count(*) FILTER (WHERE priority > 0)::int AS live, count(*) FILTER (WHERE priority = 0)::int AS backlog FROM worked`;

describeWithServer('an import of 55,000 blocks', () => {
  const BLOCKS = 55_000;
  afterEach(stopWorkers);

  it('has at most 50,000 blocks enqueued as edits, and the sweep finds all others', async () => {
    const db = await createDatabase();
    const ollama = await startStandIn();
    const worker = await startWorker(db, ollama, {
      PALDOCS_WORKER_CONCURRENCY: '1',
      PALDOCS_SHUTDOWN_TIMEOUT_SECONDS: '1',
    });
    ollama.faults.add({ preset: 'hang' });
    const noteId = await insertNote(db);
    await db.query(
      `INSERT INTO blocks (note_id, block_type, content)
       SELECT $1::bigint, 'paragraph', to_jsonb('Text ' || i) FROM generate_series(1, $2::int) i`,
      [noteId, BLOCKS],
    );
    const inserted = () => worker.events.seen.bridged.reduce((sum, { enqueued }) => sum + enqueued, 0);
    await worker.events.until(({ seen }) => seen.swept.some(({ left }) => left > 0), 30_000);
    expect(inserted()).toBeLessThanOrEqual(50_000 + 10); // the active jobs
    expect(await jobsByPriority(db)).toEqual({ [PRIORITY.live]: inserted() });

    const worked = { live: 0, backlog: 0 };
    while (worked.live + worked.backlog < BLOCKS) {
      const [row] = await db.query<typeof worked>(WORK);
      worked.live += row?.live ?? 0;
      worked.backlog += row?.backlog ?? 0;
    }
    expect(worked).toEqual({ live: inserted(), backlog: BLOCKS - inserted() });
    expect(inserted()).toBeGreaterThan(49_000);
    expect(await countByStatus(db)).toEqual({ completed: BLOCKS });
    expect(worker.log.format('warn', 'error').filter((line) => !line.startsWith('warn pg-boss warning'))).toEqual([]);
    await worker.stop();
    await ollama.stop();
  }, 60_000);
});
