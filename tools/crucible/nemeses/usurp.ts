import { QUEUE } from '../../../src/queue/job.js';
import type { Nemesis } from '../nemesis.js';
import { sleep } from '../../../src/base/sleep.js';

/**
 * Takes attempts away from their holders, as the supervisor does from a worker whose heartbeats did not arrive: the job
 * waits in retry, another worker fetches it, and the first one still believes to hold it.
 */
export const usurp: Nemesis = {
  name: 'usurp',
  disturbs: true,
  run: async ({ site, random, signal }) => {
    for (let i = random.between(1, 6); i > 0 && !signal.aborted; i--) {
      await site.database.query(
        // A job is usurped twice at most: crashes count against a block.
        `UPDATE pgboss.job_common j SET state = 'retry', retry_count = j.retry_count, heartbeat_on = NULL, start_after = now()
           FROM (SELECT id FROM pgboss.job_common WHERE name = $1 AND state = 'active' AND retry_count < 2
                  ORDER BY random() LIMIT 10 FOR UPDATE SKIP LOCKED) mine
          WHERE j.id = mine.id`,
        [QUEUE],
      );
      await sleep(random.between(20, 400), signal);
    }
  },
};
