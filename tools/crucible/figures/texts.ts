import { MARKS } from '../writer/texts.js';
import { all, none, type Figure } from './figure.js';
import { PRODUCTION } from './scene.js';

export const busy: Figure = {
  name: 'busy',
  what: 'every second request is answered 503 at once, at random',
  options: { replicas: 1, environment: PRODUCTION, requestMs: 20, textMs: 5 },
  measure: async (scene) => {
    const blocks = 2_000;
    await scene.insert(blocks);
    const normal = await scene.secondsUntil('completed', blocks, 300);
    const undo = await scene.site.ollama.inject({ preset: 'busy', probability: 0.5 });
    await scene.insert(blocks, (i) => `Another paragraph ${i}.`);
    const troubled = await scene.secondsUntil('completed', 2 * blocks, 600);
    await undo();
    const share = (100 * normal) / troubled;
    return [
      {
        what: 'throughput',
        value: `${share.toFixed(0)} % of normal (${(blocks / normal).toFixed(0)}/s)`,
        target: '≥ 40 %',
        pass: share >= 40,
      },
      none('blocks in error', await scene.count('error')),
    ];
  },
};

export const poisonEach: Figure = {
  name: 'poison-in-each-batch',
  what: 'one text of ten is always refused',
  options: { replicas: 1, environment: { ...PRODUCTION, PALDOCS_RETRY_DELAY_MAX_SECONDS: '2' } },
  measure: async (scene) => {
    await scene.insert(500, (i) => (i % 10 === 3 ? `Poisoned paragraph ${i} ${MARKS.poison}` : `Paragraph ${i}.`));
    const good = await scene.secondsUntil('completed', 450, 120);
    await scene.secondsUntil('error', 50, 120);
    return [
      all('other blocks stored', await scene.count('completed'), 450),
      { what: 'after', value: `${good.toFixed(1)} s`, target: 'any', pass: Number.isFinite(good) },
      all('poison set aside', await scene.count('error'), 50),
    ];
  },
};

/** Needs the sabotage of that name, which kills the process that makes the text of such a block. */
export const killerText: Figure = {
  name: 'killer-text',
  what: 'a text kills the process that works on it, each time',
  options: { replicas: 2, sabotage: 'killer-text' },
  measure: async (scene) => {
    const good = 200;
    await scene.insert(good + 1, (i) => (i === 100 ? 'Paragraph that KILLS the worker.' : `Paragraph ${i}.`));
    const stored = await scene.secondsUntil('completed', good, 300);
    const setAside = await scene.secondsUntil('error', 1, 900);
    return [
      all('other blocks stored', await scene.count('completed'), good),
      { what: 'others stored after', value: `${stored.toFixed(0)} s`, target: 'any', pass: Number.isFinite(stored) },
      all('blocks set aside', await scene.count('error'), 1),
      {
        what: 'set aside after',
        value: `${setAside.toFixed(0)} s more`,
        target: 'any',
        pass: Number.isFinite(setAside),
      },
      { what: 'workers that died of it', value: String(scene.died), target: '12 at most', pass: scene.died <= 12 },
    ];
  },
};
