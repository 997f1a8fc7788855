import { setTimeout as sleep } from 'node:timers/promises';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { expectEmbedded } from '../support/worker-blocks.js';
import { startStandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { editBlock, untilIdle } from '../support/worker-blocks.js';
import { startWorker, stopWorkers } from '../support/worker-in-process.js';
import { createRole, grant } from '../support/worker-role.js';
import { useSite } from '../support/worker-site.js';
import { EAGER } from '../blocks/schema/triggers.js';

/** How often one text may be embedded in a second while the alarm sounds. */
const OBSERVED_MS = 1_000;
const MOST_TIMES = 10;

describeWithServer('a trigger that fires on our own write, made while we work', () => {
  const site = useSite();

  it('raises the alarm, and is got over when it is mended', async () => {
    const { db, worker } = site();
    await db.query(
      `CREATE TRIGGER eager BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block_embedding()`,
    );
    const id = await insertBlock(db, { content: 'round and round' });
    await worker.events.until(({ seen }) => seen['trigger-loop'].length > 0);
    expect(worker.log.tell('error')).toEqual([expect.stringContaining("the worker's own write fired the trigger")]);
    await db.query('DROP TRIGGER eager ON blocks');
    await db.query(`SELECT pg_notify('embedding_queue', '')`);
    await expectEmbedded(db, id, 'round and round');
  });

  it('does not have Ollama embed the same text over and over', async () => {
    const { db, ollama, worker } = site();
    await db.query(
      `CREATE TRIGGER eager BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block_embedding()`,
    );
    await insertBlock(db, { content: 'over and over' });
    await worker.events.until(({ seen }) => seen['trigger-loop'].length > 0);
    await sleep(OBSERVED_MS); // a rate is what it is about
    await db.query('DROP TRIGGER eager ON blocks');
    expect(Math.max(0, ...ollama.timesEmbedded().values())).toBeLessThan(MOST_TIMES);
  });
});

describeWithServer('a trigger that fires on our own write, beside notifications that name no block', () => {
  const site = useSite();

  it('raises the alarm at once', async () => {
    const { db, worker } = site();
    await db.query(`SELECT pg_notify('embedding_queue', 'no block')`);
    await db.query(
      `CREATE TRIGGER eager BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block_embedding()`,
    );
    await insertBlock(db, { content: 'once more' });
    await worker.events.until(({ seen }) => seen['trigger-loop'].length > 0);
    await db.query('DROP TRIGGER eager ON blocks');
    expect(worker.log.tell('error')).toEqual([expect.stringContaining("the worker's own write fired the trigger")]);
  });
});

describeWithServer('a trigger at every INSERT and UPDATE, with a role whose sessions are a replica’s', () => {
  it('fires for the API alone: each text is embedded once', async () => {
    const db = await createDatabase();
    const ollama = await startStandIn({ recordTexts: true });
    const role = await createRole(db);
    try {
      await grant(db, role, 'role.sql');
      await db.query(EAGER);
      await db.query(`ALTER ROLE ${role.name} IN DATABASE ${db.name} SET session_replication_role = replica`);
      const worker = await startWorker({ url: role.url }, ollama);
      const id = await insertBlock(db, { content: 'first' });
      await expectEmbedded(db, id, 'first');
      await editBlock(db, id, { content: 'second' });
      await expectEmbedded(db, id, 'second');
      await untilIdle(db);
      await worker.quiet();
      expect(worker.events.seen['trigger-loop']).toEqual([]);
      expect([...ollama.timesEmbedded().values()].every((times) => times === 1)).toBe(true);
    } finally {
      await stopWorkers();
      await role.drop();
      await ollama.stop();
    }
  });
});
