import type { Nemesis } from '../nemesis.js';
import { pause } from '../sleep.js';
import { CHANNEL } from '../../../src/blocks/channel.js';

const BLOCKS = 15;

/** Blocks lose their status, as rows have none that are older than the trigger; a sweep is asked for. */
export const unsetStatus: Nemesis = {
  name: 'unset-status',
  disturbs: false,
  costsNothing: true,
  run: async ({ site, random, signal }) => {
    for (let i = random.between(1, 4); i > 0 && !signal.aborted; i--) {
      await site.database.query(
        `WITH picked AS MATERIALIZED (SELECT id FROM blocks ORDER BY random() LIMIT ${BLOCKS}),
          held AS MATERIALIZED (SELECT b.id FROM blocks b JOIN picked USING (id) ORDER BY b.id FOR NO KEY UPDATE OF b SKIP LOCKED)
        UPDATE blocks b SET embedding_status = NULL FROM held WHERE b.id = held.id`,
      );
      await site.database.query('SELECT pg_notify($1, $2)', [CHANNEL, '']);
      await pause(random.between(200, 2_000), signal);
    }
  },
};
