import type { Nemesis } from '../nemesis.js';
import { LOST_MS } from '../testbed/timing.js';
import { sleep } from '../../../src/base/sleep.js';

/** Connections to Ollama stay open, but nothing passes through them ever again: all, or those of requests in flight. */
export const swallowConnections: Nemesis = {
  name: 'swallow-connections',
  delaysOthers: true,
  lingersMs: LOST_MS,
  run: async ({ testbed, random, signal }) => {
    await testbed.ollama.swallow(random.pick(['all', 'embedding']));
    await sleep(random.between(500, 3_000), signal);
  },
};
