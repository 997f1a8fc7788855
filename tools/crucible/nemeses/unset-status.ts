import type { Nemesis } from '../nemesis.js';
import { sleep } from '../../../src/base/sleep.js';
import { CHANNEL } from '../../../src/blocks/channel.js';

const BLOCKS = 15;

/** Sets the status of some blocks to NULL, as in rows older than the trigger, and asks for a sweep. */
export const unsetStatus: Nemesis = {
  name: 'unset-status',
  delaysOthers: false,
  countsNothing: true,
  run: async ({ testbed, random, signal }) => {
    for (let i = random.between(1, 4); i > 0 && !signal.aborted; i--) {
      await testbed.database.query(
        `WITH picked AS MATERIALIZED (SELECT id FROM blocks ORDER BY random() LIMIT ${BLOCKS}),
          held AS MATERIALIZED (SELECT b.id FROM blocks b JOIN picked USING (id) ORDER BY b.id FOR NO KEY UPDATE OF b SKIP LOCKED)
        UPDATE blocks b SET embedding_status = NULL FROM held WHERE b.id = held.id`,
      );
      await testbed.database.query('SELECT pg_notify($1, $2)', [CHANNEL, '']);
      await sleep(random.between(200, 2_000), signal);
    }
  },
};
