import type { Nemesis } from '../nemesis.js';
import { WORKER_ROLE } from '../testbed/database.js';
import type { Testbed } from '../testbed/testbed.js';
import { sleep } from '../../../src/base/sleep.js';

const MAX_ATTEMPTS = 40;
const LAG_MS = 15;
const SETTLE_MS = 120;

/**
 * Makes a worker's pool half-open in the middle of a transaction, so that the server keeps its locks until something notices.
 * Stalls the connections repeatedly until one of them is caught inside a transaction.
 */
export const loseTransaction: Nemesis = {
  name: 'lose-transaction',
  delaysOthers: true,
  run: async ({ testbed, random, signal }) => {
    const victims = testbed.fleet.healthy;
    if (victims.length < 2) return;
    const { links } = random.pick(victims);
    links.pool.delay(LAG_MS);
    try {
      for (let i = 0; i < MAX_ATTEMPTS && !signal.aborted; i++) {
        await sleep(random.between(20, 200), signal);
        links.pool.stall();
        await sleep(SETTLE_MS, signal);
        if (await isInTransaction(testbed)) {
          links.pool.halfOpen();
          await sleep(1_000, signal);
          return;
        }
        links.pool.heal();
        links.pool.delay(LAG_MS);
      }
    } finally {
      links.pool.delay(0);
    }
  },
};

async function isInTransaction({ database }: Testbed): Promise<boolean> {
  const [row] = await database.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_stat_activity a JOIN pg_locks l USING (pid)
      WHERE usename = $1 AND a.state = 'idle in transaction' AND state_change < clock_timestamp() - interval '50 ms'
        AND l.mode = 'RowExclusiveLock') AS found`,
    [WORKER_ROLE],
  );
  return row?.found === true;
}
