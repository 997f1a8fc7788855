import { setTimeout as sleep } from 'node:timers/promises';
import type { LaunchedStandIn } from '../../stand-in/launch.js';
import { environmentOf } from '../embed-pending.js';
import { figure, quantile, type Bench, type Figure } from '../scenario.js';
import { sweepsOf, sweepsUntil } from '../sweeps.js';
import { BenchWorker } from '../worker.js';
import { chooseHotSet, shareInMemory, type HotSet } from './hot-set.js';
import { readAll, readAtRandom } from './reads.js';
import type { GrowthTable } from './table.js';

const LEAST_SHARE = 0.9;
const SAMPLE_MS = 5_000;
/** One pass follows the other, so that a measurement contains nothing else. */
const PASS_AFTER_PASS = { PALDOCS_POLL_INTERVAL_SECONDS: '1' };

interface Reads {
  readonly seconds: number;
  /** In milliseconds. */
  readonly latencies: readonly number[];
  /** The share of the hot set in memory, from time to time. */
  readonly shares: readonly number[];
}

/**
 * The latency of the API's reads, and what a pass evicts of the pages that they need: while no worker is running, and beside
 * passes, in turn. The passes that count are those at rest, not the first of a worker, which is urgent.
 *
 * @param seconds the least duration of each measurement; beside passes at least one pass ends, too
 */
export async function measureReadsBesidePass(
  bench: Bench,
  { db, name }: GrowthTable,
  standIn: LaunchedStandIn,
  seconds: number,
): Promise<Figure[]> {
  const set = await chooseHotSet(db);
  const { seed, worker: script } = bench.options;
  const alone: Reads[] = [];
  const beside: Reads[] = [];
  const read = async (until: () => Promise<unknown>): Promise<Reads> => {
    await readAll(db, set.ids);
    const ending = new AbortController();
    const started = performance.now();
    const waiting = Promise.all([sleep(seconds * 1000), until()]).finally(() => ending.abort());
    const [latencies, shares] = await Promise.all([
      readAtRandom(db, set.ids, seed, ending.signal),
      sampleShares(() => shareInMemory(db, set), ending.signal),
      waiting,
    ]);
    return { seconds: (performance.now() - started) / 1000, latencies, shares };
  };
  const readAlone = async () => {
    alone.push(await read(() => Promise.resolve()));
  };
  for (let run = 0; run < bench.options.runs; run++) {
    await readAlone();
    const worker = await BenchWorker.start(script, environmentOf(db, standIn, PASS_AFTER_PASS));
    try {
      await sweepsUntil(worker, 1);
      beside.push(await read(async () => await sweepsUntil(worker, (await sweepsOf(worker)).count + 1)));
    } finally {
      await worker.stop();
    }
  }
  await readAlone();
  bench.print(
    `growth ${name}: shares in memory beside passes ${beside.map(({ shares }) => shares.map((share) => share.toFixed(3)).join(' ')).join('; ')}`,
  );
  return figuresOf(name, set, alone, beside);
}

function figuresOf(name: string, { pages }: HotSet, alone: readonly Reads[], beside: readonly Reads[]): Figure[] {
  const latency = (what: string, reads: readonly Reads[]) =>
    [0.5, 0.99].map((share) =>
      figure(
        `${name}: a read ${what}, p${share * 100}`,
        'ms',
        reads.map(({ latencies }) => quantile(latencies, share)),
      ),
    );
  const rates = (reads: readonly Reads[]) => reads.map((one) => one.latencies.length / one.seconds);
  const shares = (reads: readonly Reads[]) => reads.map((one) => Math.min(...one.shares));
  return [
    figure(`${name}: pages that the reads need`, 'pages', [pages]),
    figure(`${name}: reads beside a pass`, 'per second', rates(beside)),
    figure(`${name}: reads without a worker`, 'per second', rates(alone)),
    ...latency('beside a pass', beside),
    ...latency('without a worker (floor)', alone),
    figure(`${name}: least share of these pages in shared_buffers beside a pass`, '', shares(beside), {
      atLeast: LEAST_SHARE,
    }),
    figure(`${name}: the same without a worker (floor)`, '', shares(alone)),
  ];
}

async function sampleShares(share: () => Promise<number>, signal: AbortSignal): Promise<number[]> {
  const shares: number[] = [];
  do {
    shares.push(await share());
    await sleep(SAMPLE_MS, undefined, { signal }).catch(() => undefined);
  } while (!signal.aborted);
  return shares;
}
