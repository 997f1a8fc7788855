import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { expectEmbedded } from '../support/worker-blocks.js';
import { startWorker, stopWorkers } from '../support/worker-in-process.js';

describeWithServer('a worker on a database with', () => {
  let ollama: StandIn;
  beforeAll(async () => {
    ollama = await startStandIn();
  });
  afterEach(stopWorkers);
  afterAll(() => ollama.stop());

  it.each([
    'standard_conforming_strings = off',
    'quote_all_identifiers = on',
    'extra_float_digits = -15',
    "default_transaction_isolation = 'serializable'",
    "search_path = ''",
    "client_encoding = 'LATIN1'",
    "DateStyle = 'German'",
    "IntervalStyle = 'sql_standard'",
    "bytea_output = 'escape'",
    "lock_timeout = '1ms'",
    'default_transaction_deferrable = on',
  ])('%s creates its queue and embeds', async (setting) => {
    const db = await createDatabase();
    await db.query(`ALTER DATABASE ${db.name} SET ${setting}`);
    await startWorker(db, ollama);
    const content = 'back\\slash, ’quote’ and ümlaut';
    await expectEmbedded(db, await insertBlock(db, { content }), content);
  });
});
