import { setTimeout as sleep } from 'node:timers/promises';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, notify } from '../support/fixtures.js';
import { startStandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { editBlock, expectEmbedded, untilIdle } from '../support/worker-blocks.js';
import { startWorker, stopWorkers } from '../support/worker-in-process.js';
import { createRole, grant } from '../support/worker-role.js';
import { useSite } from '../support/worker-site.js';
import { EAGER_TRIGGER } from '../blocks/checks/api-triggers.js';

/** How often one text may be embedded within a second of a loop. */
const OBSERVED_MS = 1_000;
const MAX_TIMES = 10;

describeWithServer('a trigger that fires on our own writes, created while the worker runs', () => {
  const site = useSite();

  it('is reported as an error, and its blocks are embedded after it is dropped', async () => {
    const { db, worker } = site();
    await db.query(
      `CREATE TRIGGER eager BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block_embedding()`,
    );
    const id = await insertBlock(db, { content: 'round and round' });
    await worker.events.until(({ seen }) => seen['trigger-loop'].length > 0);
    expect(worker.log.format('error')).toEqual([expect.stringContaining("the worker's own write fired the trigger")]);
    await db.query('DROP TRIGGER eager ON blocks');
    await notify(db);
    await expectEmbedded(db, id, 'round and round');
  });

  it('does not make Ollama embed the same text continuously', async () => {
    const { db, ollama, worker } = site();
    await db.query(
      `CREATE TRIGGER eager BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block_embedding()`,
    );
    await insertBlock(db, { content: 'over and over' });
    await worker.events.until(({ seen }) => seen['trigger-loop'].length > 0);
    await sleep(OBSERVED_MS); // to observe a rate
    await db.query('DROP TRIGGER eager ON blocks');
    expect(Math.max(0, ...ollama.timesEmbedded().values())).toBeLessThan(MAX_TIMES);
  });
});

describeWithServer('a trigger that fires on our own writes, together with notifications that identify no block', () => {
  const site = useSite();

  it('is reported at once', async () => {
    const { db, worker } = site();
    await notify(db, 'no block');
    await db.query(
      `CREATE TRIGGER eager BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block_embedding()`,
    );
    await insertBlock(db, { content: 'once more' });
    await worker.events.until(({ seen }) => seen['trigger-loop'].length > 0);
    await db.query('DROP TRIGGER eager ON blocks');
    expect(worker.log.format('error')).toEqual([expect.stringContaining("the worker's own write fired the trigger")]);
  });
});

describeWithServer(
  'a trigger at every INSERT and UPDATE, with a role that uses session_replication_role = replica',
  () => {
    it('does not fire on our own writes, so each text is embedded once', async () => {
      const db = await createDatabase();
      const ollama = await startStandIn({ recordTexts: true });
      const role = await createRole(db);
      try {
        await grant(db, role, 'role.sql');
        await db.query(EAGER_TRIGGER);
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
  },
);
