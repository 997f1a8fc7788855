import { setTimeout as sleep } from 'node:timers/promises';
import { launchStandIn, type LaunchedStandIn } from '../../stand-in/launch.js';
import { insertBlocks, textOf } from '../blocks.js';
import { environmentOf } from '../embed-pending.js';
import { figure, type Bench, type Scenario } from '../scenario.js';
import { BenchWorker, runCommand, type Environment } from '../worker.js';

/** Processes started in each run: this many of each kind, in turn. */
const PAIRS = 5;
/** More than all workers that are started embed. */
const BLOCKS = 5_000;
/** So long that each worker embeds few of them before it is stopped. */
const REQUEST_MS = 200;
const POLL_MS = 20;
const REQUEST_TIMEOUT_MS = 10_000;
/** Seconds. */
const TARGET = 0.35;

/** What a start costs beyond that of Node and the command line. */
export const start: Scenario = {
  name: 'start',
  what: 'from the start of a worker to its first request with texts, on a queue with ready jobs; beside `--version`, in pairs',
  async measure(bench) {
    const db = await bench.server.createDatabase();
    const standIn = await launchStandIn({ requestMs: REQUEST_MS, logSize: 1_000 });
    try {
      await insertBlocks(db, BLOCKS, (n) => textOf(bench.options.seed, n));
      const environment = environmentOf(db, standIn);
      await runCommand(bench.options.worker, ['backfill', '--rate', '0', '--yes'], environment);
      await secondsToFirstRequest(bench, standIn, environment); // compiles what later starts find compiled
      const versions: number[] = [];
      const starts: number[] = [];
      for (let pair = 0; pair < bench.options.runs * (bench.options.quick ? 1 : PAIRS); pair++) {
        versions.push(await secondsOfVersion(bench));
        starts.push(await secondsToFirstRequest(bench, standIn, environment));
        bench.print(`start: ${starts.at(-1)?.toFixed(3)} s, --version ${versions.at(-1)?.toFixed(3)} s`);
      }
      const beyond = starts.map((seconds, i) => seconds - (versions[i] ?? Number.NaN));
      return [
        figure('to the first request', 's', starts),
        figure('--version', 's', versions),
        figure('to the first request, beyond --version', 's', beyond, { atMost: TARGET }),
      ];
    } finally {
      await standIn.stop();
      await db.drop();
    }
  },
};

async function secondsOfVersion({ options }: Bench): Promise<number> {
  const started = performance.now();
  await runCommand(options.worker, ['--version'], {});
  return (performance.now() - started) / 1000;
}

async function secondsToFirstRequest(
  { options }: Bench,
  standIn: LaunchedStandIn,
  environment: Environment,
): Promise<number> {
  const { requests } = await standIn.stats();
  const started = Date.now();
  const worker = await BenchWorker.start(options.worker, environment);
  try {
    return ((await firstArrival(standIn, requests)) - started) / 1000;
  } finally {
    await worker.stop();
  }
}

/** When the first request with texts arrived after this many others: milliseconds since 1970. */
async function firstArrival(standIn: LaunchedStandIn, after: number): Promise<number> {
  for (const end = performance.now() + REQUEST_TIMEOUT_MS; performance.now() < end; await sleep(POLL_MS)) {
    const first = (await standIn.requests(after)).find(({ path }) => path === '/api/embed');
    if (first !== undefined) return first.at;
  }
  throw new Error(`the worker sent no texts within ${REQUEST_TIMEOUT_MS / 1000} s`);
}
