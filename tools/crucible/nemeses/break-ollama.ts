import { presetNames } from '../../stand-in/fault-presets.js';
import type { FaultPresetName } from '../../stand-in/fault-presets.js';
import type { Nemesis } from '../nemesis.js';
import { sleep } from '../../../src/base/sleep.js';

/** Without `reordered`: no client can notice that vectors were swapped. `refuse` has its own nemesis. */
const PRESETS = [...presetNames('outage'), ...presetNames('operator'), ...presetNames('answer')].filter(
  (name) => name !== 'reordered' && name !== 'refuse',
);

/** Ollama fails in one way for a while: at every request or at half of them. */
export const breakOllama: Nemesis = {
  name: 'break-ollama',
  delaysOthers: true,
  run: async ({ testbed, random, signal }) => {
    const preset: FaultPresetName = random.pick(PRESETS);
    const undo = await testbed.ollama.inject({ preset, probability: random.pick([1, 1, 0.5]) });
    await sleep(random.between(500, 6_000), signal);
    await undo();
  },
};

/** Ollama is down for a while. */
export const stopOllama: Nemesis = {
  name: 'stop-ollama',
  delaysOthers: true,
  run: async ({ testbed, random, signal }) => {
    const undo = await testbed.ollama.inject('refuse');
    await sleep(random.between(500, 12_000), signal);
    await undo();
  },
};

/** Ollama takes 20 times as long for a while. */
export const slowOllama: Nemesis = {
  name: 'slow-ollama',
  delaysOthers: true,
  run: async ({ testbed, random, signal }) => {
    await testbed.ollama.slowDown(20);
    await sleep(random.between(1_000, 8_000), signal);
    await testbed.ollama.slowDown(1);
  },
};

/** Ollama answers half of the requests with 503 at once. */
export const busyOllama: Nemesis = {
  name: 'busy-ollama',
  delaysOthers: true,
  run: async ({ testbed, random, signal }) => {
    const undo = await testbed.ollama.inject({ preset: 'busy', probability: 0.5 });
    await sleep(random.between(2_000, 6_000), signal);
    await undo();
  },
};
