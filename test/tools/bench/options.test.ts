import { describe, expect, it } from '@jest/globals';
import { readCommandLine } from '../../../tools/bench/options.js';
import { SCENARIOS, scenariosNamed } from '../../../tools/bench/scenarios/registry.js';

const read = (...args: string[]) => readCommandLine(args, 'dist/cli.js');

describe('the command line of the bench', () => {
  it('measures all scenarios three times, with the program built here, by default', () => {
    expect(read()).toEqual({
      bench: { scenarios: 'all', seed: 1, runs: 3, quick: false, rows: 1_000_000, worker: 'dist/cli.js' },
      json: undefined,
      charts: undefined,
      report: undefined,
      list: false,
      help: false,
      build: true,
    });
  });

  it('runs once with --quick, unless --runs is given', () => {
    expect(read('--quick').bench.runs).toBe(1);
    expect(read('--quick', '--runs', '2').bench.runs).toBe(2);
  });

  it('does not build a program given with --worker', () => {
    const { bench, build } = read('--worker', 'other/cli.js');
    expect([bench.worker, build]).toEqual(['other/cli.js', false]);
  });

  it.each([
    { args: ['--runs', '0'], says: '--runs: "0" is not a whole number of at least 1' },
    { args: ['--runs', '1.5'], says: '--runs: "1.5" is not a whole number of at least 1' },
    { args: ['--seed', 'x'], says: '--seed: "x" is not a whole number of at least 1' },
    { args: ['--fast'], says: "Unknown option '--fast'" },
  ])('rejects $args and names it', ({ args, says }) => {
    expect(() => read(...args)).toThrow(says);
  });
});

describe('the scenarios', () => {
  it('have unique names that can be given on the command line', () => {
    const names = SCENARIOS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(names).not.toContain('all');
  });

  it('run in the order in which they are named', () => {
    expect(scenariosNamed('growth,ceiling').map(({ name }) => name)).toEqual(['growth', 'ceiling']);
    expect(scenariosNamed('all')).toEqual(SCENARIOS);
  });

  it('are listed if one is unknown', () => {
    expect(() => scenariosNamed('ceiling,speed')).toThrow(
      'unknown "speed"; use all, or any of ceiling, saturation, freshness',
    );
  });
});
