import { setTimeout as sleep } from 'node:timers/promises';
import { askForSweep } from '../../test/support/ask-for-sweep.js';
import type { TestDatabase } from '../../test/support/test-database.js';
import { readMetric } from '../../test/support/worker-http.js';
import type { BenchWorker } from './worker.js';

/** A pass over ten million blocks takes minutes. */
const TIMEOUT_MS = 30 * 60_000;
const POLL_MS = 50;

/** How many sweeps a worker has finished, and how long they took in total. */
export interface Sweeps {
  readonly count: number;
  readonly seconds: number;
}

/**
 * Waits until the worker has finished this many sweeps.
 *
 * @param pollMs between two scrapes of its metrics, which cost the worker CPU time
 * @throws Error if that takes too long or the worker ends
 */
export async function sweepsUntil(worker: BenchWorker, count: number, pollMs = POLL_MS): Promise<Sweeps> {
  const deadline = Date.now() + TIMEOUT_MS;
  for (;;) {
    const sweeps = await sweepsOf(worker);
    if (sweeps.count >= count) return sweeps;
    worker.requireAlive();
    if (Date.now() > deadline) throw new Error(`no sweep finished within ${TIMEOUT_MS / 60_000} minutes`);
    await sleep(pollMs);
  }
}

/** Asks for a sweep and waits for it. @returns how many seconds it took */
export async function forcedSweep(db: TestDatabase, worker: BenchWorker): Promise<number> {
  const before = await sweepsOf(worker);
  await askForSweep(db);
  const after = await sweepsUntil(worker, before.count + 1);
  return (after.seconds - before.seconds) / (after.count - before.count);
}

/** The sweeps that the worker has finished. */
export async function sweepsOf({ url }: BenchWorker): Promise<Sweeps> {
  const count = (await readMetric(url, 'embedding_sweep_duration_seconds_count')) ?? 0;
  return { count, seconds: (await readMetric(url, 'embedding_sweep_duration_seconds_sum')) ?? 0 };
}
