import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks } from '../support/fixtures.js';
import { expectEmbedded, jobsOf, readBlock } from '../support/worker-blocks.js';
import { useSite } from '../support/worker-site.js';

describeWithServer('a store that fails', () => {
  const site = useSite({ environment: { PALDOCS_RETRY_LIMIT: '0' } });

  /** Lets the database refuse to store the blocks with this content, the first so many times. */
  async function refuse(content: string, sqlState: string, times: number): Promise<void> {
    await site().db.query(`
      CREATE SEQUENCE refusals;
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF nextval('refusals') <= ${times} THEN RAISE EXCEPTION 'refused' USING ERRCODE = '${sqlState}'; END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER refuse BEFORE UPDATE ON blocks FOR EACH ROW
        WHEN (NEW.embedding_status = 'completed' AND NEW.content = '"${content}"') EXECUTE FUNCTION refuse()`);
  }

  afterEach(() => site().db.query('DROP TRIGGER refuse ON blocks; DROP FUNCTION refuse(); DROP SEQUENCE refusals'));

  it.each([
    ['a deadlock', '40P01'],
    ['a serialization failure', '40001'],
    ['a statement timeout', '57014'],
  ])('for %s is tried again, and counts as no failure', async (name, sqlState) => {
    const { db, ollama, worker } = site();
    await refuse(name, sqlState, 2);
    const id = await insertBlock(db, { content: name });
    await expectEmbedded(db, id, name);
    expect([...ollama.timesEmbedded().values()]).toEqual([1]);
    expect(await jobsOf(db, id)).toMatchObject([{ state: 'completed', retryCount: 0 }]);
    expect(worker.events.seen.failed).toEqual([]);
  });

  it('for one block for good keeps no other of its batch from being stored', async () => {
    const { db } = site();
    await refuse('refused 2', 'P0001', 1_000_000);
    const ids = await insertBlocks(db, 5, { content: (index) => `refused ${index}` });
    for (const [index, id] of ids.entries()) {
      if (index !== 2) await expectEmbedded(db, id, `refused ${index}`);
    }
    expect(await readBlock(db, ids[2] ?? '')).toMatchObject({ vector: null });
  });
});
