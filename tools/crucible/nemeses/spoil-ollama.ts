import { presetNames } from '../../stand-in/fault-presets.js';
import type { FaultPresetName } from '../../stand-in/fault-presets.js';
import type { Nemesis } from '../nemesis.js';
import { sleep } from '../../../src/base/sleep.js';

/** A vector in another's place is what no client can notice. */
const PRESETS = [...presetNames('outage'), ...presetNames('operator'), ...presetNames('answer')].filter(
  (name) => name !== 'reordered' && name !== 'refuse',
);

/** Ollama fails in one of its ways, always or half of the time, for a while. */
export const spoilOllama: Nemesis = {
  name: 'spoil-ollama',
  disturbs: true,
  run: async ({ site, random, signal }) => {
    const preset: FaultPresetName = random.pick(PRESETS);
    const undo = await site.ollama.inject({ preset, probability: random.pick([1, 1, 0.5]) });
    await sleep(random.between(500, 6_000), signal);
    await undo();
  },
};

/** Ollama is down. */
export const stopOllama: Nemesis = {
  name: 'stop-ollama',
  disturbs: true,
  run: async ({ site, random, signal }) => {
    const undo = await site.ollama.inject('refuse');
    await sleep(random.between(500, 12_000), signal);
    await undo();
  },
};

/** Every second request is answered 503, at once. */
export const busyOllama: Nemesis = {
  name: 'busy-ollama',
  disturbs: true,
  run: async ({ site, random, signal }) => {
    const undo = await site.ollama.inject({ preset: 'busy', probability: 0.5 });
    await sleep(random.between(2_000, 6_000), signal);
    await undo();
  },
};
