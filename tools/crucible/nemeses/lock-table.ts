import type { Nemesis } from '../nemesis.js';
import { sleep } from '../../../src/base/sleep.js';

const TABLES = ['blocks', 'notes', 'notes, blocks'];
/** Whoever only reads is let through by the first. */
const MODES = ['SHARE', 'ACCESS EXCLUSIVE'];
/** An administrator does not let all others queue up behind what waits for a lock itself. */
const LOCK_TIMEOUT = '5s';

/** A neighbour locks a table for a while, as VACUUM FULL and most of ALTER TABLE do. */
export const lockTable: Nemesis = {
  name: 'lock-table',
  disturbs: true,
  holds: true,
  changesSchema: true,
  costsNothing: true,
  run: async ({ site, random, signal }) => {
    const client = await site.database.connect('crucible neighbour', site.database.neighbourUrl);
    try {
      await client.query(`BEGIN; SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
      await client.query(`LOCK TABLE ${random.pick(TABLES)} IN ${random.pick(MODES)} MODE`);
      await sleep(random.between(1_000, 6_000), signal);
      await client.query('ROLLBACK');
    } finally {
      await client.end().catch(() => undefined);
    }
  },
};
