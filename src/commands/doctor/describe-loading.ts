import { withTimeout } from '../../base/with-timeout.js';
import { isProviderError } from '../../embedder/errors.js';
import type { LoadState } from '../../embedder/provider.js';
import { duration } from '../../terminal/output.js';
import type { CheckContext } from './check.js';

const TIMEOUT_MS = 5_000;
/** Ollama's "for ever" is a date 292 years away. */
const FOREVER_SECONDS = 10 * 365 * 86_400;

/**
 * Has the model loaded, and says whether it was in memory before, what loading cost if it was not, and how long it stays.
 *
 * @param load makes the first request that needs the model
 * @returns clauses that continue a sentence; empty if the server does not list the models in memory
 * @throws what `load` throws
 */
export async function describeLoading(context: CheckContext, load: () => Promise<void>): Promise<string> {
  const before = await askLoadState(context);
  const startedAt = performance.now();
  await load();
  const seconds = (performance.now() - startedAt) / 1000;
  const after = before && (await askLoadState(context));
  // A server that does not list the model now may have had it in memory before.
  if (before === null || !after?.isLoaded) return '';
  const left = secondsLeft(before, after);
  if (before.isLoaded) return `; the model was already loaded${stay(left)}`;
  const isAdvised = context.config.ollamaKeepAlive === undefined && left < FOREVER_SECONDS;
  const advice = isAdvised ? ' (PALDOCS_OLLAMA_KEEP_ALIVE keeps it loaded)' : '';
  return `; the model was not loaded, and loading it took ${duration(seconds)}${stay(left)}${advice}`;
}

/** @returns null if the server does not say. If it fails, the requests that need the model find out why. */
async function askLoadState({ provider, signal }: CheckContext): Promise<LoadState | null> {
  try {
    return (await withTimeout(TIMEOUT_MS, signal, (limit) => provider.loadState(limit))) ?? null;
  } catch (error) {
    if (!isProviderError(error)) throw error;
    return null;
  }
}

/**
 * Time until the model is unloaded, by our clock; 0 or less if it is unknown. Ollama sets it anew once no request is in
 * flight, so if our request did not change it, others are in flight, and it is out of date.
 */
function secondsLeft(before: LoadState, { expiresAt }: LoadState): number {
  if (expiresAt === null) return 0;
  const seconds = (expiresAt.getTime() - Date.now()) / 1000;
  const isOutdated = expiresAt.getTime() === before.expiresAt?.getTime() && seconds < FOREVER_SECONDS;
  return isOutdated ? 0 : seconds;
}

function stay(secondsLeft: number): string {
  if (secondsLeft >= FOREVER_SECONDS) return '; it stays loaded';
  return secondsLeft <= 0 ? '' : `; without requests it is unloaded in ${duration(secondsLeft)}`;
}
