import { setTimeout as sleep } from 'node:timers/promises';
import { get } from '../../../test/support/worker-http.js';
import type { BenchWorker } from '../worker.js';

/** The queue's depth is cached for a second; this makes each scrape query it again. */
const INTERVAL_MS = 1_100;

/** @returns how long a scrape of /metrics took, in milliseconds */
export async function scrape({ url }: BenchWorker): Promise<number> {
  await sleep(INTERVAL_MS);
  const asked = performance.now();
  const { status, text } = await get(`${url}/metrics`);
  if (status !== 200 || !text.includes('embedding_queue_depth '))
    throw new Error('/metrics has no embedding_queue_depth');
  return performance.now() - asked;
}
