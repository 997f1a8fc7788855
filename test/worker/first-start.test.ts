import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { expectEmbedded } from '../support/worker-blocks.js';
import { startFollower, stopWorkers } from '../support/worker-in-process.js';
import { useSite } from '../support/worker-site.js';

describeWithServer("a worker that creates pg-boss's schema", () => {
  const site = useSite();
  afterAll(stopWorkers);

  it('continues if another worker creates it at the same time', async () => {
    const { ollama } = site();
    const db = await createDatabase();
    const other = await db.connect('another worker');
    await other.query('BEGIN; CREATE SCHEMA pgboss');
    const started = startFollower(db, ollama);
    await db.untilRow<{ waits: boolean }>(
      `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock') AS waits`,
      [],
      ({ waits }) => waits,
    );
    await other.query('COMMIT');
    await other.end();
    await started;
    await expectEmbedded(db, await insertBlock(db, { content: 'the first block' }), 'the first block');
  });
});
