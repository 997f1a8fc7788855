import type { Nemesis } from '../nemesis.js';
import { WORKER_ROLE } from '../testbed/database.js';
import { sleep } from '../../../src/base/sleep.js';

/** Terminates the listening session, by pg_terminate_backend. */
export const killListener: Nemesis = {
  name: 'kill-listener',
  delaysOthers: true,
  run: async ({ testbed, signal }) => {
    await testbed.database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND application_name LIKE 'embedding-worker % L %'`,
      [WORKER_ROLE],
    );
    await sleep(500, signal);
  },
};

/** Terminates some or all of the workers' connections, several times. */
export const killConnections: Nemesis = {
  name: 'kill-connections',
  delaysOthers: true,
  run: async ({ testbed, random, signal }) => {
    const share = random.pick([0.2, 0.5, 1]);
    for (let i = random.between(1, 20); i > 0 && !signal.aborted; i--) {
      await testbed.database.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND random() < $2',
        [WORKER_ROLE, share],
      );
      await sleep(random.between(20, 300), signal);
    }
  },
};
