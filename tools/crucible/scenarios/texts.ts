import { POISON_MARK } from '../sabotage/sabotages.js';
import { MARKS } from '../writer/texts.js';
import { all, none, type Scenario } from './scenario.js';
import { PRODUCTION } from './fixture.js';

export const busy: Scenario = {
  name: 'busy',
  what: 'half of the requests, chosen at random, are answered 503 at once',
  options: { replicas: 1, environment: PRODUCTION, requestMs: 20, textMs: 5 },
  measure: async (fixture) => {
    const blocks = 2_000;
    await fixture.insert(blocks);
    const normalSeconds = await fixture.secondsUntil('completed', blocks, 300);
    const undo = await fixture.testbed.ollama.inject({ preset: 'busy', probability: 0.5 });
    await fixture.insert(blocks, (i) => `Another paragraph ${i}.`);
    const busySeconds = await fixture.secondsUntil('completed', 2 * blocks, 600);
    await undo();
    const share = (100 * normalSeconds) / busySeconds;
    return [
      {
        what: 'throughput',
        value: `${share.toFixed(0)} % of normal (${(blocks / normalSeconds).toFixed(0)}/s)`,
        target: '≥ 40 %',
        pass: share >= 40,
      },
      none('blocks in error', await fixture.count('error')),
    ];
  },
};

export const poisonEach: Scenario = {
  name: 'poison-in-each-batch',
  what: 'one text in ten is always rejected',
  options: { replicas: 1, environment: { ...PRODUCTION, PALDOCS_RETRY_DELAY_MAX_SECONDS: '2' } },
  measure: async (fixture) => {
    await fixture.insert(500, (i) => (i % 10 === 3 ? `Poisoned paragraph ${i} ${MARKS.poison}` : `Paragraph ${i}.`));
    const goodSeconds = await fixture.secondsUntil('completed', 450, 120);
    await fixture.secondsUntil('error', 50, 120);
    return [
      all('other blocks stored', await fixture.count('completed'), 450),
      {
        what: 'other blocks stored after',
        value: `${goodSeconds.toFixed(1)} s`,
        target: 'any',
        pass: Number.isFinite(goodSeconds),
      },
      all('rejected texts dead-lettered', await fixture.count('error'), 50),
    ];
  },
};

/** Needs the sabotage of the same name, which kills the process that prepares such a text. */
export const poisonText: Scenario = {
  name: 'poison-text',
  what: 'a text crashes the worker that processes it, every time',
  options: { replicas: 2, sabotage: 'poison-text' },
  measure: async (fixture) => {
    const good = 200;
    await fixture.insert(good + 1, (i) => (i === 100 ? `${POISON_MARK}: it crashes the worker.` : `Paragraph ${i}.`));
    const storedSeconds = await fixture.secondsUntil('completed', good, 300);
    const deadLetteredSeconds = await fixture.secondsUntil('error', 1, 900);
    return [
      all('other blocks stored', await fixture.count('completed'), good),
      {
        what: 'other blocks stored after',
        value: `${storedSeconds.toFixed(0)} s`,
        target: 'any',
        pass: Number.isFinite(storedSeconds),
      },
      all('blocks dead-lettered', await fixture.count('error'), 1),
      {
        what: 'dead-lettered after',
        value: `${deadLetteredSeconds.toFixed(0)} s more`,
        target: 'any',
        pass: Number.isFinite(deadLetteredSeconds),
      },
      { what: 'workers it crashed', value: String(fixture.crashes), target: '≤ 12', pass: fixture.crashes <= 12 },
    ];
  },
};
