import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export interface RunOptions {
  readonly seed: number;
  /** How long there are writes and faults. */
  readonly seconds: number;
  /** Names, see nemeses/registry.ts. */
  readonly nemesis: string;
  readonly replicas: number;
  /** Changes of blocks a second. */
  readonly rate: number;
  /** Faults at once. */
  readonly lanes: number;
  /** Longest pause between two faults. */
  readonly pauseMs: number;
  /** How long all may take to be quiet after the last fault. */
  readonly patienceSeconds: number;
  /** What Ollama takes for a request, and for each text in it. */
  readonly requestMs: number;
  readonly textMs: number;
  /** Whether the pool goes through PgBouncer, in transaction mode. */
  readonly pgbouncer: boolean;
  /** Whether every second worker has one URL for pool and session, and with it prepared statements. */
  readonly oneUrlForSome: boolean;
  /** Name of a guard that is switched off, see sabotage/. */
  readonly sabotage: string | undefined;
  /** Further settings of the workers. */
  readonly environment: Readonly<Record<string, string>>;
  /** The program under test. */
  readonly worker: string;
  /** Ends at the first violation. */
  readonly failFast: boolean;
}

export const DEFAULTS: Omit<RunOptions, 'seed' | 'worker'> = {
  seconds: 20,
  nemesis: 'all',
  replicas: 2,
  rate: 60,
  lanes: 2,
  pauseMs: 1_500,
  patienceSeconds: 120,
  requestMs: 4,
  textMs: 2,
  pgbouncer: false,
  oneUrlForSome: true,
  sabotage: undefined,
  environment: {},
  failFast: false,
};

export const USAGE = `yarn crucible [options]
  --seed N          repeats the choices of an earlier run (default: random, printed)
  --seconds S       how long there are writes and faults (${DEFAULTS.seconds})
  --nemesis NAMES   all, none, or names separated by commas, such as change-dimensions,lock-table; --list names them
  --replicas K      worker processes (${DEFAULTS.replicas})
  --rate N          changes of blocks a second (${DEFAULTS.rate})
  --lanes N         faults at once (${DEFAULTS.lanes})
  --pgbouncer       the workers' pool goes through PgBouncer in transaction mode
  --figure NAME     measures one of the figures to reach instead, or "all"
  --prove NAMES     switches guards off, one run each, and fails unless each is noticed: all, quick, or names
  --list            names nemeses, figures and guards
  --worker FILE     the program under test (dist/cli.js, built first)
  --json            the result as JSON on stdout`;

export interface CommandLine {
  readonly run: RunOptions;
  readonly json: boolean;
  readonly figure: string | undefined;
  /** As given, for figures. */
  readonly seconds: number | undefined;
  readonly prove: string | undefined;
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
      seed: { type: 'string' },
      seconds: { type: 'string' },
      nemesis: { type: 'string' },
      replicas: { type: 'string' },
      rate: { type: 'string' },
      lanes: { type: 'string' },
      patience: { type: 'string' },
      pgbouncer: { type: 'boolean' },
      sabotage: { type: 'string' },
      figure: { type: 'string' },
      prove: { type: 'string' },
      worker: { type: 'string' },
      json: { type: 'boolean' },
      list: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const number = (name: 'seed' | 'seconds' | 'replicas' | 'rate' | 'lanes' | 'patience', otherwise: number) => {
    const value = values[name];
    if (value === undefined) return otherwise;
    if (!/^\d+$/.test(value)) throw new RangeError(`--${name}: "${value}" is not a whole number`);
    return Number(value);
  };
  return {
    run: {
      ...DEFAULTS,
      seed: number('seed', randomInt(1_000_000)),
      seconds: number('seconds', DEFAULTS.seconds),
      nemesis: values.nemesis ?? DEFAULTS.nemesis,
      replicas: number('replicas', DEFAULTS.replicas),
      rate: number('rate', DEFAULTS.rate),
      lanes: number('lanes', DEFAULTS.lanes),
      patienceSeconds: number('patience', DEFAULTS.patienceSeconds),
      pgbouncer: values.pgbouncer === true,
      sabotage: values.sabotage,
      worker: values.worker ?? builtWorker,
    },
    json: values.json === true,
    figure: values.figure,
    seconds: values.seconds === undefined ? undefined : Number(values.seconds),
    prove: values.prove,
    list: values.list === true,
    help: values.help === true,
    build: values.worker === undefined,
  };
}
