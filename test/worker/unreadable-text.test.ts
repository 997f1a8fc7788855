import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlocks, insertNote } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { expectEmbedded, failureReportsOf, readBlock, untilStatus } from '../support/worker-blocks.js';
import { startWorker, stopWorkers, type TestWorker } from '../support/worker-in-process.js';

describeWithServer('a text that the database cannot read', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  let worker: TestWorker;
  beforeAll(async () => {
    db = await createDatabase({ contentType: 'text', encoding: 'SQL_ASCII' });
    ollama = await startStandIn();
    await insertNote(db);
    worker = await startWorker(db, ollama);
  });
  afterAll(async () => {
    await stopWorkers();
    await ollama.stop();
  });

  const insertBytes = async (hex: string) => {
    const [row] = await db.query<{ id: string }>(
      `INSERT INTO blocks (note_id, block_type, content)
       SELECT min(id), 'paragraph', convert_from(decode($1, 'hex'), 'SQL_ASCII') FROM notes RETURNING id::text AS id`,
      [hex],
    );
    return row?.id ?? '';
  };

  it('fails permanently, while its neighbours are embedded', async () => {
    const before = await insertBlocks(db, 5);
    const bad = await insertBytes('636166e9'); // "café" in Latin-1
    const after = await insertBlocks(db, 5);
    for (const [index, id] of [...before, ...after].entries())
      await expectEmbedded(db, id, `Text number ${index % 5}.`);
    await untilStatus(db, bad, 'error');
    expect(await readBlock(db, bad)).toEqual({ status: 'error', vector: null });
    await worker.events.until((events) =>
      events.seen.failed.some(({ reason, final }) => final && reason === 'DATABASE_REJECTED'),
    );
    expect(await failureReportsOf(db, bad)).toMatchObject([
      { reason: 'DATABASE_REJECTED', message: expect.stringContaining('22021') as string },
    ]);
  });

  it('is embedded after it is edited', async () => {
    const bad = await insertBytes('e9');
    await untilStatus(db, bad, 'error');
    await db.query(`UPDATE blocks SET content = 'good now' WHERE id = $1`, [bad]);
    await expectEmbedded(db, bad, 'good now');
  });
});
