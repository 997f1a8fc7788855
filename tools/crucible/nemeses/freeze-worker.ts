import type { Nemesis } from '../nemesis.js';
import { HEARTBEAT_SECONDS, MONITOR_SECONDS } from '../testbed/timing.js';
import { sleep } from '../../../src/base/sleep.js';

const PAST_HEARTBEAT_MS = (HEARTBEAT_SECONDS + MONITOR_SECONDS) * 1000;

/** Freezes a worker with SIGSTOP, briefly or until others must have taken over its blocks, and then sends SIGCONT. */
export const freezeWorker: Nemesis = {
  name: 'freeze-worker',
  delaysOthers: true,
  run: async ({ testbed, random, signal }) => {
    const victims = testbed.fleet.healthy;
    if (victims.length < 2) return;
    const victim = random.pick(victims);
    victim.freeze();
    await sleep(random.chance(0.5) ? random.between(300, 3_000) : PAST_HEARTBEAT_MS + random.between(0, 6_000), signal);
    victim.thaw();
  },
};
