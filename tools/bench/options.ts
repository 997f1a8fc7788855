import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Names, see scenarios/registry.ts. */
  readonly scenarios: string;
  readonly seed: number;
  /** Of each scenario; the median counts. */
  readonly runs: number;
  /** Sizes for a check that the bench still works, not for figures. */
  readonly quick: boolean;
  /** The program under test. */
  readonly worker: string;
}

export const USAGE = `yarn bench [options]
  --scenario NAMES  all, or names separated by commas; --list names them (all)
  --runs N          runs of each, of which the median counts (3)
  --seed N          of the texts (1)
  --quick           small sizes, one run, no figure has to be reached: does the bench still work?
  --json FILE       the results as JSON
  --charts DIR      draws them as SVG
  --report FILE     measures nothing: shows what --json wrote, and draws it with --charts
  --worker FILE     the program under test (dist/cli.js, built first)
  --list            names the scenarios`;

export interface CommandLine {
  readonly bench: BenchOptions;
  readonly json: string | undefined;
  readonly charts: string | undefined;
  /** To be shown instead of measured. */
  readonly report: string | undefined;
  readonly list: boolean;
  readonly help: boolean;
  /** Whether the worker is to be built first. */
  readonly build: boolean;
}

/** @throws TypeError or RangeError naming what is wrong */
export function readCommandLine(args: readonly string[], builtWorker: string): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: 'string', default: 'all' },
      runs: { type: 'string' },
      seed: { type: 'string', default: '1' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      charts: { type: 'string' },
      report: { type: 'string' },
      worker: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const number = (name: 'runs' | 'seed', value: string) => {
    if (!/^\d+$/.test(value) || value === '0') throw new RangeError(`--${name}: "${value}" is not a number from 1 up`);
    return Number(value);
  };
  return {
    bench: {
      scenarios: values.scenario,
      runs: number('runs', values.runs ?? (values.quick ? '1' : '3')),
      seed: number('seed', values.seed),
      quick: values.quick,
      worker: values.worker ?? builtWorker,
    },
    json: values.json,
    charts: values.charts,
    report: values.report,
    list: values.list,
    help: values.help,
    build: values.worker === undefined,
  };
}
