import type { Nemesis } from '../nemesis.js';
import { sleep } from '../../../src/base/sleep.js';

/** The server crashes and comes back, at once or after a while. */
export const restartPostgres: Nemesis = {
  name: 'restart-postgres',
  disturbs: true,
  run: async ({ site, random, signal }) => {
    if (random.chance(0.6)) {
      await site.database.restart('immediate');
      return;
    }
    await site.database.halt(random.pick(['immediate', 'fast']));
    await sleep(random.between(500, 5_000), signal);
    await site.database.resume();
  },
};
