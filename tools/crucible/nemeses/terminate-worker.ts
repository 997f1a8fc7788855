import type { Nemesis } from '../nemesis.js';
import { sleep } from '../../../src/base/sleep.js';

/** Sends SIGTERM to one worker after another and starts each again, as a rolling update does. */
export const terminateWorker: Nemesis = {
  name: 'terminate-worker',
  delaysOthers: true,
  run: async ({ testbed, random, signal }) => {
    for (const victim of [...testbed.fleet.healthy]) {
      if (signal.aborted) return;
      await victim.end('SIGTERM');
      victim.start();
      await sleep(random.between(0, 1_500), signal);
    }
  },
};
