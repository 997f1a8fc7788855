import type { Nemesis } from '../nemesis.js';
import { HEARTBEAT_SECONDS, MONITOR_SECONDS } from '../site/timing.js';
import { sleep } from '../../../src/base/sleep.js';

const PAST_HEARTBEAT_MS = (HEARTBEAT_SECONDS + MONITOR_SECONDS) * 1000;

/** SIGSTOP to a worker, shortly or until others must have taken its blocks over; then SIGCONT. */
export const freezeWorker: Nemesis = {
  name: 'freeze-worker',
  disturbs: true,
  run: async ({ site, random, signal }) => {
    const victims = site.fleet.healthy;
    if (victims.length < 2) return;
    const victim = random.pick(victims);
    victim.freeze();
    await sleep(random.chance(0.5) ? random.between(300, 3_000) : PAST_HEARTBEAT_MS + random.between(0, 6_000), signal);
    victim.thaw();
  },
};
