import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { CONTEXT_KINDS, type ContextKind } from '../../src/blocks/context/kinds.js';
import { Random } from './random.js';
import type { VectorKind } from '../../src/postgres/vector-codec.js';

export interface RunOptions {
  readonly seed: number;
  /** How long the run writes and injects faults. */
  readonly seconds: number;
  /** Names of nemeses, see nemeses/registry.ts. */
  readonly nemesis: string;
  /** Of each Deployment. */
  readonly replicas: number;
  /** Deployments on the table, each with a queue and columns of its own: 1 or 2. */
  readonly queues: number;
  /** Changes of blocks per second. */
  readonly rate: number;
  /** How many faults may be active at once. */
  readonly lanes: number;
  /** Longest pause between two faults of a lane. */
  readonly pauseMs: number;
  /** How long the workers may take to finish all work after the last fault. */
  readonly quietTimeoutSeconds: number;
  /** How long the stand-in takes for a request, plus for each text in it. */
  readonly requestMs: number;
  readonly textMs: number;
  /** How long it takes to load the model. */
  readonly loadMs: number;
  /** When a worker gives up a request. From 20 s on, it finds lost requests by checking the server. */
  readonly requestTimeoutSeconds: number;
  /** Whether the workers' pools go through PgBouncer, in transaction mode. */
  readonly pgbouncer: boolean;
  /** Whether every second worker has one URL for pool and session, and therefore uses prepared statements. */
  readonly oneUrlForSome: boolean;
  /** Pages that a worker reads in one slice of a sweep; 0 for its default, with which the whole table is one slice. */
  readonly slicePages: number;
  /** The type of the embedding column. */
  readonly vectorKind: VectorKind;
  /** What of its note is embedded with a block. */
  readonly context: ContextKind;
  /** Name of a guard to switch off, see sabotage/. */
  readonly sabotage: string | undefined;
  /** Further environment variables of the workers. */
  readonly environment: Readonly<Record<string, string>>;
  /** The program under test. */
  readonly worker: string;
  /** Whether the run ends at the first violation. */
  readonly failFast: boolean;
}

export const DEFAULTS: Omit<RunOptions, 'seed' | 'worker'> = {
  seconds: 20,
  nemesis: 'all',
  replicas: 2,
  queues: 1,
  rate: 60,
  lanes: 2,
  pauseMs: 1_500,
  quietTimeoutSeconds: 120,
  requestMs: 4,
  textMs: 2,
  loadMs: 0,
  requestTimeoutSeconds: 5,
  pgbouncer: false,
  oneUrlForSome: true,
  slicePages: 0,
  vectorKind: 'vector',
  context: 'headings',
  sabotage: undefined,
  environment: {},
  failFast: false,
};

export const USAGE = `Usage: npm run crucible -- [options]

Writes blocks, injects faults into workers, Postgres, Ollama and the network between them, and
checks every invariant of the worker. It starts all of these itself.

Options of a run:
  --seed N             repeat the random choices of an earlier run (default: random, printed)
  --seconds S          how long to write and inject faults (${DEFAULTS.seconds})
  --nemesis NAMES      faults to inject: all, none, or names separated by commas (${DEFAULTS.nemesis})
  --lanes N            how many faults may be active at once (${DEFAULTS.lanes})
  --replicas K         how many workers to run (${DEFAULTS.replicas}), for each queue
  --queues N           how many Deployments share the table, 1 or 2, each with its own queue and columns (${DEFAULTS.queues})
  --rate N             changes of blocks per second (${DEFAULTS.rate})
  --request-timeout S  when a worker gives up a request (${DEFAULTS.requestTimeoutSeconds}); from 20 on it checks for lost ones
  --pgbouncer          connect the workers' pools through PgBouncer in transaction mode
  --slice-pages N      how many pages a sweep reads at once, 0 for the worker's default (default: 1 to 4, or 0 in every second run)
  --vector-type TYPE   type of the embedding column: vector or halfvec (${DEFAULTS.vectorKind})
  --context KIND       what is embedded before a text: headings, title or path (${DEFAULTS.context})
  --quiet-timeout S    how long the workers may take to finish all work in the end (${DEFAULTS.quietTimeoutSeconds})
  --sabotage NAME      switch off a guard of the worker
  --worker FILE        the program to test (default: dist/cli.js, which is built first)
  --json               print the result as JSON on stdout

Instead of such a run:
  --scenario NAMES     measure how long recovery takes in scenarios: all, or names separated by commas
  --faults N           repeat the run with the next seeds, in turn with two queues, paths, titles, PgBouncer, halfvec
                       and slices of several sizes, until N faults have been injected
  --prove NAMES        switch guards off, one run for each, and check that the run fails: all, quick,
                       or names separated by commas
  --list               print the names of faults, scenarios and guards
  --help               print this

Exit status: 0 if all invariants hold (targets are reached, guards are noticed), 1 if not, 2 if the
command line is wrong or the run could not be finished.`;

export interface CommandLine {
  readonly run: RunOptions;
  readonly json: boolean;
  /** Names of scenarios to measure instead of a run. */
  readonly scenario: string | undefined;
  /** As given on the command line; scenarios have other defaults than runs. */
  readonly seconds: number | undefined;
  /** Names of guards to switch off, one run for each. */
  readonly prove: string | undefined;
  /** How many faults to inject in successive runs. */
  readonly faults: number | undefined;
  readonly list: boolean;
  readonly help: boolean;
  /** Whether to build the worker first. */
  readonly build: boolean;
}

type NumberName =
  | 'seed'
  | 'seconds'
  | 'replicas'
  | 'queues'
  | 'rate'
  | 'lanes'
  | 'request-timeout'
  | 'quiet-timeout'
  | 'slice-pages'
  | 'faults';

/** @throws TypeError or RangeError naming the option */
export function readCommandLine(args: readonly string[], builtWorker: string): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      seconds: { type: 'string' },
      nemesis: { type: 'string' },
      replicas: { type: 'string' },
      queues: { type: 'string' },
      rate: { type: 'string' },
      lanes: { type: 'string' },
      'quiet-timeout': { type: 'string' },
      'request-timeout': { type: 'string' },
      'slice-pages': { type: 'string' },
      pgbouncer: { type: 'boolean' },
      'vector-type': { type: 'string' },
      context: { type: 'string' },
      sabotage: { type: 'string' },
      scenario: { type: 'string' },
      prove: { type: 'string' },
      faults: { type: 'string' },
      worker: { type: 'string' },
      json: { type: 'boolean' },
      list: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const number = (name: NumberName, otherwise: number) => {
    const value = values[name];
    if (value === undefined) return otherwise;
    if (!/^\d+$/.test(value)) throw new RangeError(`--${name}: "${value}" is not a whole number`);
    return Number(value);
  };
  const seed = number('seed', randomInt(1_000_000));
  const queues = queuesOf(number('queues', DEFAULTS.queues));
  const context = contextOf(values.context);
  if (queues > 1 && context === 'path')
    throw new RangeError(
      '--queues 2 and --context path: the triggers of docs/context.md mark the columns of one Deployment',
    );
  const faults = values.faults === undefined ? undefined : number('faults', 0);
  if (faults === 0) throw new RangeError('--faults: 0 is not a number of faults to inject');
  const isPlainRun = values.scenario === undefined && values.prove === undefined;
  return {
    run: {
      ...DEFAULTS,
      seed,
      seconds: number('seconds', DEFAULTS.seconds),
      nemesis: values.nemesis ?? DEFAULTS.nemesis,
      replicas: number('replicas', DEFAULTS.replicas),
      queues,
      rate: number('rate', DEFAULTS.rate),
      lanes: number('lanes', DEFAULTS.lanes),
      requestTimeoutSeconds: number('request-timeout', DEFAULTS.requestTimeoutSeconds),
      quietTimeoutSeconds: number('quiet-timeout', DEFAULTS.quietTimeoutSeconds),
      slicePages: number('slice-pages', isPlainRun ? slicePagesFor(seed) : 0),
      pgbouncer: values.pgbouncer === true,
      vectorKind: vectorKindOf(values['vector-type']),
      context,
      sabotage: values.sabotage,
      worker: values.worker ?? builtWorker,
    },
    json: values.json === true,
    scenario: values.scenario,
    seconds: values.seconds === undefined ? undefined : Number(values.seconds),
    prove: values.prove,
    faults,
    list: values.list === true,
    help: values.help === true,
    build: values.worker === undefined,
  };
}

/** A few pages in one half of the runs, the worker's default in the other. */
function slicePagesFor(seed: number): number {
  const random = new Random(String(seed)).fork('slices');
  return random.chance(0.5) ? random.between(1, 4) : 0;
}

function queuesOf(value: number): number {
  if (value !== 1 && value !== 2) throw new RangeError(`--queues: ${value} is not 1 or 2`);
  return value;
}

function vectorKindOf(value: string = DEFAULTS.vectorKind): VectorKind {
  if (value !== 'vector' && value !== 'halfvec')
    throw new RangeError(`--vector-type: "${value}" is not vector or halfvec`);
  return value;
}

function contextOf(value: string = DEFAULTS.context): ContextKind {
  const kind = CONTEXT_KINDS.find((known) => known === value);
  if (kind === undefined) throw new RangeError(`--context: "${value}" is not one of ${CONTEXT_KINDS.join(', ')}`);
  return kind;
}
