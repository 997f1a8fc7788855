import type { Events } from '../telemetry/events.js';
import type { Logger } from '../telemetry/logger.js';
import type { ConnectionChoice } from './connections.js';
import { embedOnce } from './embed-once.js';
import { Embedder } from './embedder.js';
import { Gate } from './gate.js';
import { LOSS_LIMITS, LostRequests, type LossLimits } from './lost-requests.js';
import { openProvider, type ProviderOptions } from './open-provider.js';
import { RequestSize, type RequestSizeOptions } from './request-size.js';
import { KNOWN_GOOD_TEXT, type Provider } from './provider.js';

export interface OpenEmbedderOptions
  extends Omit<ProviderOptions, 'connections'>, Pick<RequestSizeOptions, 'targetMs' | 'fixedTexts'> {
  /** Dimensions of the column, which may be altered. */
  readonly dimensions: () => number;
  readonly instruction: string;
  readonly concurrency: number;
  /** Default: `LOSS_LIMITS`, and what the dialect says. */
  readonly lossLimits?: LossLimits;
  readonly events: Events;
  readonly log: Logger;
}

export interface OpenEmbedder {
  readonly embedder: Embedder;
  readonly size: RequestSize;
  readonly gate: Gate;
  readonly provider: Provider;
  /** Ends probes and checks, and closes the connections. */
  close(): void;
}

/** Creates the client of the server, its gate, and the embedder that uses both. */
export function openEmbedder(options: OpenEmbedderOptions): OpenEmbedder {
  const { model, dimensions, instruction, concurrency, targetMs, fixedTexts, lossLimits, events, log, ...server } =
    options;
  // One connection more than requests: the probe is sent while requests hang.
  const provider = openProvider({ ...server, model, connections: concurrency + 1 });
  const embedKnownGood = async (signal: AbortSignal, connection: ConnectionChoice) => {
    await embedOnce({ provider, model, dimensions: dimensions(), instruction, signal, connection }, [KNOWN_GOOD_TEXT]);
  };
  const gate = new Gate({
    dialect: provider.dialect,
    probe: (signal) => embedKnownGood(signal, 'any'),
    events,
    log,
  });
  const lostRequests = new LostRequests({
    check: (signal) => embedKnownGood(signal, 'new'),
    limits: lossLimits ?? { ...LOSS_LIMITS, confirmAfterMs: provider.dialect.confirmLossAfterMs },
    events,
    log,
  });
  const size = new RequestSize({ maxTexts: provider.maxTexts, targetMs, fixedTexts, events });
  const embedder = new Embedder({
    provider,
    gate,
    lostRequests,
    model,
    dimensions,
    instruction,
    concurrency,
    size,
    events,
  });
  return {
    embedder,
    size,
    gate,
    provider,
    close: () => {
      gate.stop();
      lostRequests.stop();
      provider.close();
    },
  };
}
