import { setTimeout as sleep } from 'node:timers/promises';
import { readMetric } from '../../test/support/worker-http.js';
import type { BenchWorker } from './worker.js';

/** A pass over ten million blocks takes minutes. */
const TIMEOUT_MS = 30 * 60_000;
/** A scrape costs the worker some milliseconds. */
const POLL_MS = 250;

/** How many sweeps a worker has finished, and how long they took in total. */
export interface Sweeps {
  readonly count: number;
  readonly seconds: number;
}

/**
 * Waits until the worker has finished this many sweeps.
 *
 * @throws Error if that takes too long or the worker ends
 */
export async function sweepsUntil(worker: BenchWorker, count: number): Promise<Sweeps> {
  const deadline = Date.now() + TIMEOUT_MS;
  for (;;) {
    const sweeps = await sweepsOf(worker);
    if (sweeps.count >= count) return sweeps;
    worker.requireAlive();
    if (Date.now() > deadline) throw new Error(`no sweep finished within ${TIMEOUT_MS / 60_000} minutes`);
    await sleep(POLL_MS);
  }
}

/** The sweeps that the worker has finished. */
export async function sweepsOf({ url }: BenchWorker): Promise<Sweeps> {
  const count = (await readMetric(url, 'embedding_sweep_duration_seconds_count')) ?? 0;
  return { count, seconds: (await readMetric(url, 'embedding_sweep_duration_seconds_sum')) ?? 0 };
}
