import type { Nemesis } from '../nemesis.js';
import { sleep } from '../../../src/base/sleep.js';

/** One replica more for a while. */
export const scale: Nemesis = {
  name: 'scale',
  disturbs: true,
  run: async ({ site, random, signal }) => {
    const replica = await site.fleet.add();
    await sleep(random.between(3_000, 8_000), signal);
    await site.fleet.remove(replica);
  },
};
