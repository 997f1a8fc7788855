import type { Nemesis } from '../nemesis.js';
import { sleep } from '../../../src/base/sleep.js';

/** Adds a replica for a while. */
export const scale: Nemesis = {
  name: 'scale',
  delaysOthers: true,
  run: async ({ testbed, random, signal }) => {
    const replica = await testbed.fleet.add();
    await sleep(random.between(3_000, 8_000), signal);
    await testbed.fleet.remove(replica);
  },
};
