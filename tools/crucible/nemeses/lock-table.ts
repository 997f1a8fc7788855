import type { Nemesis } from '../nemesis.js';
import { sleep } from '../../../src/base/sleep.js';

const TABLES = ['blocks', 'notes', 'notes, blocks'];
/** SHARE blocks writers only, ACCESS EXCLUSIVE blocks readers as well. */
const MODES = ['SHARE', 'ACCESS EXCLUSIVE'];
/** Set by a careful administrator: everyone else queues behind a statement that waits for a table lock. */
const LOCK_TIMEOUT = '5s';

/** Another client locks a table for a while, as VACUUM FULL and most forms of ALTER TABLE do. */
export const lockTable: Nemesis = {
  name: 'lock-table',
  delaysOthers: true,
  blocksAllWork: true,
  changesSchema: true,
  countsNothing: true,
  run: async ({ testbed, random, signal }) => {
    const client = await testbed.database.connect('crucible other client', testbed.database.otherClientUrl);
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
