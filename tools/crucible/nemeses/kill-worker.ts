import type { Nemesis } from '../nemesis.js';
import { sleep } from '../../../src/base/sleep.js';

/** SIGKILL to a worker, which is started again after a while. */
export const killWorker: Nemesis = {
  name: 'kill-worker',
  disturbs: true,
  run: async ({ site, random, signal }) => {
    const victims = site.fleet.healthy;
    if (victims.length === 0) return;
    const victim = random.pick(victims);
    await victim.end('SIGKILL');
    await sleep(random.between(0, 3_000), signal);
    victim.start();
  },
};
