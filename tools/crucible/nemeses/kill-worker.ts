import type { Nemesis } from '../nemesis.js';
import { sleep } from '../../../src/base/sleep.js';

/** Kills a worker with SIGKILL and starts it again after a while. */
export const killWorker: Nemesis = {
  name: 'kill-worker',
  delaysOthers: true,
  run: async ({ testbed, random, signal }) => {
    const victims = testbed.fleet.healthy;
    if (victims.length === 0) return;
    const victim = random.pick(victims);
    await victim.end('SIGKILL');
    await sleep(random.between(0, 3_000), signal);
    victim.start();
  },
};
