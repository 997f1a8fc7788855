import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Names, see scenarios/registry.ts. */
  readonly scenarios: string;
  readonly seed: number;
  /** Runs of each scenario; the figures are their median. */
  readonly runs: number;
  /** Small sizes and no targets, to check that the bench itself works. */
  readonly quick: boolean;
  /** Rows of the largest table of `growth`. */
  readonly rows: number;
  /** The program under test. */
  readonly worker: string;
}

export const USAGE = `Usage: npm run bench -- [options]

Measures the worker: throughput, time from an edit to its vector, memory, and cost when idle.
It starts a PostgreSQL server, the stand-in for Ollama, and the built worker. Use --scenario and
--runs to measure less, and --quick for a check of the bench itself in two minutes.

  --scenario NAMES  scenarios to measure: all, or names separated by commas (all)
  --runs N          runs of each scenario; the figures are their median (3, with --quick 1)
  --rows N          rows of the largest table of growth (1000000, with --quick 5000); 10000000 take half
                    an hour, and 7 GB on the disk of PostgreSQL
  --seed N          seed of the texts (1)
  --quick           small sizes, no targets: only checks that the bench works
  --json FILE       write the results to FILE
  --charts DIR      draw the results as SVG files in DIR
  --report FILE     measure nothing; print the results that --json wrote, and draw them with --charts
  --worker FILE     the program to measure (default: dist/cli.js, which is built first)
  --list            print the names of the scenarios
  --help            print this

Exit status: 0 if all targets are reached, 1 if one is missed, 2 if the command line is wrong or a
measurement failed.`;

export interface CommandLine {
  readonly bench: BenchOptions;
  readonly json: string | undefined;
  readonly charts: string | undefined;
  /** A file of earlier results, to print instead of measuring. */
  readonly report: string | undefined;
  readonly list: boolean;
  readonly help: boolean;
  /** Whether to build the worker first. */
  readonly build: boolean;
}

/** @throws TypeError or RangeError naming the option */
export function readCommandLine(args: readonly string[], builtWorker: string): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: 'string', default: 'all' },
      runs: { type: 'string' },
      rows: { type: 'string' },
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
  const number = (name: 'runs' | 'rows' | 'seed', value: string) => {
    if (!/^\d+$/.test(value) || value === '0')
      throw new RangeError(`--${name}: "${value}" is not a whole number of at least 1`);
    return Number(value);
  };
  return {
    bench: {
      scenarios: values.scenario,
      runs: number('runs', values.runs ?? (values.quick ? '1' : '3')),
      seed: number('seed', values.seed),
      quick: values.quick,
      rows: number('rows', values.rows ?? (values.quick ? '5000' : '1000000')),
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
