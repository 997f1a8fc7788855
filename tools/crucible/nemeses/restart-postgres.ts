import type { Nemesis } from '../nemesis.js';
import { sleep } from '../../../src/base/sleep.js';

/** Stops the server, mostly by a crash, and starts it again at once or after a while. */
export const restartPostgres: Nemesis = {
  name: 'restart-postgres',
  delaysOthers: true,
  run: async ({ testbed, random, signal }) => {
    if (random.chance(0.6)) {
      await testbed.database.restart('immediate');
      return;
    }
    await testbed.database.halt(random.pick(['immediate', 'fast']));
    await sleep(random.between(500, 5_000), signal);
    await testbed.database.resume();
  },
};
