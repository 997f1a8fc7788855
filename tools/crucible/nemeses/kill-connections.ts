import type { Nemesis } from '../nemesis.js';
import { WORKER_ROLE } from '../site/database.js';
import { sleep } from '../../../src/base/sleep.js';

/** pg_terminate_backend: of the session that listens. */
export const killListener: Nemesis = {
  name: 'kill-listener',
  disturbs: true,
  run: async ({ site, signal }) => {
    await site.database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND application_name LIKE 'embedding-worker leader%'`,
      [WORKER_ROLE],
    );
    await sleep(500, signal);
  },
};

/** Of any of the workers' connections, time and again. */
export const killConnections: Nemesis = {
  name: 'kill-connections',
  disturbs: true,
  run: async ({ site, random, signal }) => {
    const share = random.pick([0.2, 0.5, 1]);
    for (let i = random.between(1, 20); i > 0 && !signal.aborted; i--) {
      await site.database.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND random() < $2',
        [WORKER_ROLE, share],
      );
      await sleep(random.between(20, 300), signal);
    }
  },
};
