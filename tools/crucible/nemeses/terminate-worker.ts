import type { Nemesis } from '../nemesis.js';
import { sleep } from '../../../src/base/sleep.js';

/** SIGTERM to one worker after the other, as a rolling update does, each being started again. */
export const terminateWorker: Nemesis = {
  name: 'terminate-worker',
  disturbs: true,
  run: async ({ site, random, signal }) => {
    for (const victim of [...site.fleet.healthy]) {
      if (signal.aborted) return;
      await victim.end('SIGTERM');
      victim.start();
      await sleep(random.between(0, 1_500), signal);
    }
  },
};
