import type { Nemesis } from '../nemesis.js';
import { WORKER_ROLE } from '../site/database.js';
import { sleep } from '../../../src/base/sleep.js';
import { STILL } from '../writer/still-life.js';

const LOCKED_ROWS = 10;
const LONGEST_LOCK_MS = 12_000;

/** A long transaction that holds the rows of blocks that wait to be embedded. */
export const lockRows: Nemesis = {
  name: 'lock-rows',
  disturbs: false,
  costsNothing: true,
  run: async ({ site, random, signal }) => {
    const client = await site.database.connect('crucible neighbour', site.database.neighbourUrl);
    try {
      const { rows } = await client.query<{ id: string }>(
        `SELECT b.id::text AS id FROM blocks b JOIN notes n ON n.id = b.note_id WHERE n.title = $1 ORDER BY random() LIMIT ${LOCKED_ROWS}`,
        [STILL],
      );
      const ids = rows.map(({ id }) => id);
      site.lockedRows(ids);
      const list = ids.length === 0 ? 'NULL' : ids.join(', ');
      // In one message, so that no worker comes between: announced, and locked before anybody can look.
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

/** Locks many blocks in the opposite order, one by one, so that others' transactions deadlock with it. */
export const lockBackwards: Nemesis = {
  name: 'lock-backwards',
  disturbs: true,
  run: async ({ site, random, signal }) => {
    const client = await site.database.connect('crucible neighbour', site.database.neighbourUrl);
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

/** Takes connections until the server gives no more. */
export const takeConnections: Nemesis = {
  name: 'take-connections',
  disturbs: true,
  run: async ({ site, random, signal }) => {
    const taken: { end: () => Promise<void> }[] = [];
    try {
      for (;;) taken.push(await site.database.connect('crucible neighbour', site.database.neighbourUrl));
    } catch {
      // As many as there were. Some of the workers' own are lost then, and cannot be had again for a while.
    }
    await site.database
      .query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND random() < 0.3', [
        WORKER_ROLE,
      ])
      .catch(() => undefined); // no connection left for us either
    await sleep(random.between(500, 4_000), signal);
    await Promise.allSettled(taken.map((client) => client.end()));
  },
};

/** The administrator sets short time-outs for the worker's role, for all sessions from now on. */
export const shortTimeouts: Nemesis = {
  name: 'short-timeouts',
  disturbs: true,
  run: async ({ site, random, signal }) => {
    const setting = random.pick([
      `statement_timeout = '${random.pick([25, 150, 1_000])}ms'`,
      `idle_in_transaction_session_timeout = '${random.pick([5, 50, 500])}ms'`,
      `lock_timeout = '${random.pick([1, 20])}ms'`,
    ]);
    const anew = async () => {
      await site.database.persist('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [
        WORKER_ROLE,
      ]);
    };
    await site.database.persist(`ALTER ROLE ${WORKER_ROLE} SET ${setting}`);
    try {
      await anew();
      await sleep(random.between(1_000, 6_000), signal);
    } finally {
      await site.database.persist(`ALTER ROLE ${WORKER_ROLE} RESET ALL`);
      await anew();
    }
  },
};
