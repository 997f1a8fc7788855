import { Timeout } from '../base/timeout.js';
import type { Logger } from '../telemetry/logger.js';
import { ProviderMisconfiguredError } from './errors.js';
import type { Provider } from './provider.js';
import { requireModel } from './require-model.js';

const TIMEOUT_MS = 5_000;

export interface ModelCheck {
  readonly model: string;
  /** Of the column. */
  readonly dimensions: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Checks at start that the model can serve the column. A server that is away, or has not pulled the model yet, is logged
 * only: blocks wait for it.
 *
 * @throws ProviderMisconfiguredError when the model itself cannot serve it
 */
export async function checkModel(provider: Provider, { model, dimensions, log, signal }: ModelCheck): Promise<void> {
  const timeout = new Timeout(TIMEOUT_MS, signal);
  try {
    await requireModel(provider, model, dimensions, timeout.signal);
  } catch (error) {
    if (error instanceof ProviderMisconfiguredError && isUnservable(error.code, provider.dialect)) throw error;
    log.warn(`${provider.dialect.name} cannot serve the model yet; blocks wait`, { error });
  } finally {
    timeout.clear();
  }
}

/** Whether the model itself is at fault, so that waiting does not help. */
function isUnservable(code: string, { codes }: Provider['dialect']): boolean {
  return code === 'EMBEDDING_DIMENSIONS' || code === codes.cannotEmbed;
}
