import type { Nemesis } from '../nemesis.js';
import { WORKER_ROLE } from '../testbed/database.js';
import { sleep } from '../../../src/base/sleep.js';
import { UNEDITED_TITLE } from '../writer/unedited-note.js';

const LOCKED_ROWS = 10;
const LONGEST_LOCK_MS = 12_000;

/** A long transaction that locks the rows of blocks that wait to be embedded. */
export const lockRows: Nemesis = {
  name: 'lock-rows',
  delaysOthers: false,
  countsNothing: true,
  run: async ({ testbed, random, signal }) => {
    const client = await testbed.database.connect('crucible other client', testbed.database.otherClientUrl);
    try {
      const { rows } = await client.query<{ id: string }>(
        `SELECT b.id::text AS id FROM blocks b JOIN notes n ON n.id = b.note_id WHERE n.title = $1 ORDER BY random() LIMIT ${LOCKED_ROWS}`,
        [UNEDITED_TITLE],
      );
      const ids = rows.map(({ id }) => id);
      testbed.noteContention(ids);
      const list = ids.length === 0 ? 'NULL' : ids.join(', ');
      // One message with two transactions: the rows are announced and locked again before a worker can claim them.
      await client.query(`
        BEGIN;
        UPDATE blocks SET embedding_status = 'pending' WHERE id IN (SELECT id FROM blocks WHERE id IN (${list}) ORDER BY id FOR UPDATE);
        SELECT pg_notify('embedding_queue', id::text) FROM blocks WHERE id IN (${list});
        COMMIT;
        BEGIN;
        SELECT FROM blocks WHERE id IN (${list}) ORDER BY id FOR UPDATE SKIP LOCKED;`);
      await sleep(random.between(500, LONGEST_LOCK_MS), signal);
      await client.query('ROLLBACK');
    } finally {
      await client.end().catch(() => undefined);
    }
  },
};

/** Locks many blocks one by one in descending order, so that transactions of other clients deadlock with it. */
export const lockInReverse: Nemesis = {
  name: 'lock-in-reverse',
  delaysOthers: true,
  run: async ({ testbed, random, signal }) => {
    const client = await testbed.database.connect('crucible other client', testbed.database.otherClientUrl);
    try {
      for (let i = random.between(1, 5); i > 0 && !signal.aborted; i--) {
        const { rows } = await client.query<{ id: string }>(
          'SELECT id::text AS id FROM blocks ORDER BY id DESC LIMIT 40',
        );
        await client.query('BEGIN');
        try {
          for (const { id } of rows) await client.query('SELECT FROM blocks WHERE id = $1 FOR UPDATE', [id]);
          await sleep(random.between(0, 300), signal);
        } finally {
          await client.query('ROLLBACK');
        }
      }
    } finally {
      await client.end().catch(() => undefined);
    }
  },
};

/** Takes connections until the server has none left. */
export const exhaustConnections: Nemesis = {
  name: 'exhaust-connections',
  delaysOthers: true,
  run: async ({ testbed, random, signal }) => {
    const taken: { end: () => Promise<void> }[] = [];
    try {
      for (;;) taken.push(await testbed.database.connect('crucible other client', testbed.database.otherClientUrl));
    } catch {
      // None are left. Now terminate some of the workers' connections, which cannot reconnect for a while.
    }
    await testbed.database
      .query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND random() < 0.3', [
        WORKER_ROLE,
      ])
      .catch(() => undefined); // there may be no connection left for us either
    await sleep(random.between(500, 4_000), signal);
    await Promise.allSettled(taken.map((client) => client.end()));
  },
};
