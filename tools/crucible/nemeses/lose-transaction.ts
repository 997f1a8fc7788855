import type { Nemesis } from '../nemesis.js';
import { WORKER_ROLE } from '../site/database.js';
import type { Site } from '../site/site.js';
import { sleep } from '../../../src/base/sleep.js';

const TRIES = 40;
const LAG_MS = 15;
const SETTLED_MS = 120;

/**
 * A worker's connection becomes half-open, or the worker freezes, in the middle of a transaction: the server holds its
 * locks for as long as it takes somebody to notice. Stalls it again and again until it is caught in one.
 */
export const loseTransaction: Nemesis = {
  name: 'lose-transaction',
  disturbs: true,
  run: async ({ site, random, signal }) => {
    const victims = site.fleet.healthy;
    if (victims.length < 2) return;
    const { links } = random.pick(victims);
    links.pool.delay(LAG_MS);
    try {
      for (let i = 0; i < TRIES && !signal.aborted; i++) {
        await sleep(random.between(20, 200), signal);
        links.pool.stall();
        await sleep(SETTLED_MS, signal);
        if (await isInTransaction(site)) {
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

async function isInTransaction({ database }: Site): Promise<boolean> {
  const [row] = await database.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_stat_activity a JOIN pg_locks l USING (pid)
      WHERE usename = $1 AND a.state = 'idle in transaction' AND state_change < clock_timestamp() - interval '50 ms'
        AND l.mode = 'RowExclusiveLock') AS found`,
    [WORKER_ROLE],
  );
  return row?.found === true;
}
