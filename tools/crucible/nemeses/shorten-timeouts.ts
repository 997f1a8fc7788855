import { sleep } from '../../../src/base/sleep.js';
import type { Nemesis } from '../nemesis.js';
import { WORKER_ROLE } from '../testbed/database.js';

/** An administrator sets a short timeout for the workers' role, which applies to all new sessions. */
export const shortenTimeouts: Nemesis = {
  name: 'shorten-timeouts',
  delaysOthers: true,
  run: async ({ testbed, random, signal }) => {
    const setting = random.pick([
      `statement_timeout = '${random.pick([25, 150, 1_000])}ms'`,
      `idle_in_transaction_session_timeout = '${random.pick([5, 50, 500])}ms'`,
      `lock_timeout = '${random.pick([1, 20])}ms'`,
    ]);
    const reconnectAll = async () => {
      await testbed.database.persist('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [
        WORKER_ROLE,
      ]);
    };
    await testbed.database.persist(`ALTER ROLE ${WORKER_ROLE} SET ${setting}`);
    try {
      await reconnectAll();
      await sleep(random.between(1_000, 6_000), signal);
    } finally {
      await testbed.database.persist(`ALTER ROLE ${WORKER_ROLE} RESET ALL`);
      await reconnectAll();
    }
  },
};
