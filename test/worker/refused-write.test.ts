import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { askForSweep } from '../support/ask-for-sweep.js';
import { insertBacklog } from '../support/backlog.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { editBlock, expectEmbedded, jobsOf, readBlock, untilIdle, untilJob } from '../support/worker-blocks.js';
import { useSite } from '../support/worker-site.js';

/** Makes the database refuse to store blocks with this content, the first `times` times. */
async function refuse(db: TestDatabase, content: string, sqlState: string, times: number): Promise<void> {
  await db.query(`
    CREATE SEQUENCE refusals;
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF nextval('refusals') <= ${times} THEN RAISE EXCEPTION 'refused' USING ERRCODE = '${sqlState}'; END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER refuse BEFORE UPDATE ON blocks FOR EACH ROW
      WHEN (NEW.embedding_status = 'completed' AND NEW.content = '"${content}"') EXECUTE FUNCTION refuse()`);
}

const accept = (db: TestDatabase) =>
  db.query('DROP TRIGGER refuse ON blocks; DROP FUNCTION refuse(); DROP SEQUENCE refusals');

describeWithServer('a store that fails', () => {
  const site = useSite({ environment: { PALDOCS_RETRY_LIMIT: '0' } });

  afterEach(() => accept(site().db));

  it.each([
    ['a deadlock', '40P01'],
    ['a serialization failure', '40001'],
  ])('because of %s is retried with the same vector, without a failure', async (name, sqlState) => {
    const { db, ollama, worker } = site();
    await refuse(db, name, sqlState, 2);
    const id = await insertBlock(db, { content: name });
    await expectEmbedded(db, id, name);
    expect(ollama.timesEmbedded().get(`${DEFAULT_INSTRUCTION}${name}`)).toBe(1);
    expect(await jobsOf(db, id)).toMatchObject([{ state: 'completed', retryCount: 0 }]);
    expect(worker.events.seen.failed).toEqual([]);
  });

  it.each([
    ['a statement timeout', '57014'],
    ['a lock timeout', '55P03'],
  ])('because of %s delays the block, without a failure', async (name, sqlState) => {
    const { db, worker } = site();
    await refuse(db, name, sqlState, 2);
    const id = await insertBlock(db, { content: name });
    await expectEmbedded(db, id, name);
    const jobs = await jobsOf(db, id);
    expect(jobs.map(({ retryCount }) => retryCount)).toEqual(jobs.map(() => 0));
    expect(worker.events.seen.failed).toEqual([]);
    expect(worker.events.seen.crash).toEqual([]);
  });

  it.each([
    ['a privilege that a trigger lacks', '42501'],
    ['a column that a trigger misses', '42703'],
    ['an object in the wrong state', '55000'],
  ])('for one block, the first of the table, because of %s delays no other block', async (name, sqlState) => {
    const { db, worker } = site();
    await db.query('TRUNCATE blocks, notes CASCADE');
    await refuse(db, name, sqlState, 1_000_000);
    const id = await insertBlock(db, { content: name });
    await insertBlock(db, { content: 'another block' });
    await worker.events.until((events) => events.requeued('timeout') > 0);
    const others = await insertBlocks(db, 5);
    for (const [index, other] of others.entries()) await expectEmbedded(db, other, `Text number ${index}.`);
    expect(await readBlock(db, id)).toMatchObject({ vector: null });
    expect(worker.events.seen.failed).toEqual([]);
  });

  it('permanently for one block does not prevent the others of its batch from being stored', async () => {
    const { db } = site();
    await refuse(db, 'refused 2', 'P0001', 1_000_000);
    const ids = await insertBlocks(db, 5, { content: (index) => `refused ${index}` });
    for (const [index, id] of ids.entries()) {
      if (index !== 2) await expectEmbedded(db, id, `refused ${index}`);
    }
    expect(await readBlock(db, ids[2] ?? '')).toMatchObject({ vector: null });
  });
});

describeWithServer('a store that fails after another part of its batch was settled', () => {
  const site = useSite({
    environment: { PALDOCS_RETRY_LIMIT: '0', PALDOCS_WORKER_CONCURRENCY: '1', PALDOCS_OLLAMA_CONCURRENCY: '1' },
  });

  it('leaves an edit of a settled block to the job of that edit', async () => {
    const { db, ollama } = site();
    const hang = ollama.faults.add({ preset: 'hang', text: 'earlier' });
    await insertBlock(db, { content: 'earlier' });
    await ollama.waitFor(({ stats }) => stats.hanging === 1); // the worker is busy, and will then fetch all of the following
    const backlog = await insertBacklog(db, 3);
    await askForSweep(db);
    for (const id of backlog) await untilJob(db, id, ({ state }) => state === 'created');
    const id = await insertBlock(db, { content: 'settled' });
    await untilJob(db, id, ({ state }) => state === 'created');
    await refuse(db, 'Text number 1.', 'P0001', 1_000_000);
    try {
      ollama.faults.add({ preset: 'hang', text: 'Text number' });
      hang.remove();
      await expectEmbedded(db, id, 'settled');
      await ollama.waitFor(({ stats }) => stats.hanging === 1);
      await editBlock(db, id, { content: 'edited' });
      await untilJob(db, id, ({ state }) => state === 'created');
      ollama.faults.clear();
      await untilIdle(db);
    } finally {
      await accept(db);
    }
    await expectEmbedded(db, id, 'edited');
    expect(ollama.timesEmbedded().get(`${DEFAULT_INSTRUCTION}edited`)).toBe(1);
    expect(await readBlock(db, backlog[1] ?? '')).toMatchObject({ status: 'error', vector: null });
  });
});
