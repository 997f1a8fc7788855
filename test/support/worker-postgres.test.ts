import { inspectBlocks } from '../../src/blocks/inspect.js';
import { nextReadyPriority } from '../../src/queue/sql/next-ready-priority.js';
import { resetRetrying } from '../../src/backlog/sql/reset-retrying.js';
import { startStandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from './create-database.js';
import { describeWithServer } from './describe-with-server.js';
import { insertBlock } from './fixtures.js';
import { readBlock, untilStatus } from './worker-blocks.js';
import { startWorker } from './worker-in-process.js';
import { WatchedPostgres, WithoutMaintenance } from './worker-postgres.js';

describeWithServer('the maintenance of a leader', () => {
  it.each([
    ['finds ready jobs and resets blocks whose job waits in retry', WatchedPostgres, { due: true, status: 'pending' }],
    ['does nothing in a database without maintenance', WithoutMaintenance, { due: false, status: 'processing' }],
  ])('%s', async (_, Kind, expected) => {
    const db = await createDatabase();
    const ollama = await startStandIn();
    const worker = await startWorker(db, ollama);
    const id = await insertBlock(db);
    await untilStatus(db, id, 'completed');
    await worker.stop();
    await ollama.stop();
    await db.query(`UPDATE pgboss.job SET state = 'retry', completed_on = NULL WHERE singleton_key = $1`, [id]);
    await db.query(`UPDATE blocks SET embedding_status = 'processing' WHERE id = $1`, [id]);

    const database = new Kind({ url: db.url, sessionUrl: db.url, applicationName: 'test', poolSize: 1 });
    const due = (await nextReadyPriority(database, worker.config.names)) !== undefined;
    await resetRetrying(database, worker.config.names, await inspectBlocks(database, worker.config.tables));
    const { status } = await readBlock(db, id);
    await database.close();

    expect({ due, status }).toEqual(expected);
  });
});
