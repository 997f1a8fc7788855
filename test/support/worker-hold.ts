import { insertBlock } from './fixtures.js';
import type { Hold } from './hold.js';
import type { Site } from './worker-site.js';

/** Makes the request with this text hang until `release()`. */
export function hang({ ollama }: Pick<Site, 'ollama'>, text: string): Hold {
  const fault = ollama.faults.add({ preset: 'hang', endpoint: '/api/embed', text });
  return {
    reached: () => ollama.waitFor(() => fault.hits > 0, 10_000),
    release: () => fault.remove(),
  };
}

/** Keeps the only worker busy (`ONE_WORKER`): all other blocks stay queued until the hold is released. */
export async function keepBusy(site: Pick<Site, 'db' | 'ollama'>): Promise<Hold> {
  const text = 'This block keeps the worker busy.';
  const hold = hang(site, text);
  await insertBlock(site.db, { content: text });
  await hold.reached();
  return hold;
}

/** Settings of a worker that processes one batch at a time. */
export const ONE_WORKER = { PALDOCS_WORKER_CONCURRENCY: '1' };

/**
 * Holds a block between its failures: after the first failure the worker sends the known-good text, and that request hangs.
 */
export function hangBetweenFailures(site: Pick<Site, 'ollama'>): Hold {
  return hang(site, 'The quick brown fox');
}
