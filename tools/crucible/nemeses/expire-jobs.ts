import { QUEUE } from '../testbed/queue-names.js';
import type { Nemesis } from '../nemesis.js';
import { sleep } from '../../../src/base/sleep.js';

/**
 * Moves active jobs to retry, as pg-boss's supervisor does when a worker's heartbeats do not arrive: another worker fetches
 * the job while the first one still believes that it holds the attempt.
 */
export const expireJobs: Nemesis = {
  name: 'expire-jobs',
  delaysOthers: true,
  run: async ({ testbed, random, signal }) => {
    for (let i = random.between(1, 6); i > 0 && !signal.aborted; i--) {
      await testbed.database.query(
        // At most twice per job, because each time counts as a crash of the block.
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
