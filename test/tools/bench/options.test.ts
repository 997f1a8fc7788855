import { describe, expect, it } from '@jest/globals';
import { readCommandLine } from '../../../tools/bench/options.js';
import { SCENARIOS, scenariosNamed } from '../../../tools/bench/scenarios/registry.js';

const read = (...args: string[]) => readCommandLine(args, 'dist/cli.js');

describe('the command line of the bench', () => {
  it('measures all there is, three times, with the program built here', () => {
    expect(read()).toEqual({
      bench: { scenarios: 'all', seed: 1, runs: 3, quick: false, worker: 'dist/cli.js' },
      json: undefined,
      charts: undefined,
      report: undefined,
      list: false,
      help: false,
      build: true,
    });
  });

  it('runs once where it is only to be shown that it works, unless told otherwise', () => {
    expect(read('--quick').bench.runs).toBe(1);
    expect(read('--quick', '--runs', '2').bench.runs).toBe(2);
  });

  it('builds no program that it is given', () => {
    const { bench, build } = read('--worker', 'other/cli.js');
    expect([bench.worker, build]).toEqual(['other/cli.js', false]);
  });

  it.each([
    { args: ['--runs', '0'], says: '--runs: "0" is not a number from 1 up' },
    { args: ['--runs', '1.5'], says: '--runs: "1.5" is not a number from 1 up' },
    { args: ['--seed', 'x'], says: '--seed: "x" is not a number from 1 up' },
    { args: ['--fast'], says: "Unknown option '--fast'" },
  ])('refuses $args, naming it', ({ args, says }) => {
    expect(() => read(...args)).toThrow(says);
  });
});

describe('the scenarios', () => {
  it('have a name each, which is no other’s and can be given on the command line', () => {
    const names = SCENARIOS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(names).not.toContain('all');
  });

  it('run in the order in which they are named', () => {
    expect(scenariosNamed('growth,ceiling').map(({ name }) => name)).toEqual(['growth', 'ceiling']);
    expect(scenariosNamed('all')).toEqual(SCENARIOS);
  });

  it('are all named where one is asked for that there is not', () => {
    expect(() => scenariosNamed('ceiling,speed')).toThrow('"speed" is none of all, ceiling, saturation, freshness');
  });
});
