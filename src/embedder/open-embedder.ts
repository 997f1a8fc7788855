import type { Events } from '../telemetry/events.js';
import type { Logger } from '../telemetry/logger.js';
import { embedOnce } from './embed-once.js';
import { Embedder } from './embedder.js';
import { Gate } from './gate.js';
import { openProvider, type ProviderOptions } from './open-provider.js';
import { RequestSize, type RequestSizeOptions } from './request-size.js';
import { KNOWN_GOOD_TEXT, type Provider } from './provider.js';

export interface OpenEmbedderOptions
  extends Omit<ProviderOptions, 'connections'>, Pick<RequestSizeOptions, 'targetMs' | 'fixedTexts'> {
  /** Dimensions of the column, which may be altered. */
  readonly dimensions: () => number;
  readonly instruction: string;
  readonly concurrency: number;
  readonly events: Events;
  readonly log: Logger;
}

export interface OpenEmbedder {
  readonly embedder: Embedder;
  readonly size: RequestSize;
  readonly gate: Gate;
  readonly provider: Provider;
  /** Ends the probing and closes the connections. */
  close(): void;
}

/** Creates the client of the server, its gate, and the embedder that uses both. */
export function openEmbedder(options: OpenEmbedderOptions): OpenEmbedder {
  const { model, dimensions, instruction, concurrency, targetMs, fixedTexts, events, log, ...server } = options;
  // One connection more than requests: the probe is sent while requests hang.
  const provider = openProvider({ ...server, model, connections: concurrency + 1 });
  const gate = new Gate({
    dialect: provider.dialect,
    probe: async (signal) => {
      await embedOnce({ provider, model, dimensions: dimensions(), instruction, signal }, [KNOWN_GOOD_TEXT]);
    },
    events,
    log,
  });
  const size = new RequestSize({ maxTexts: provider.maxTexts, targetMs, fixedTexts, events });
  const embedder = new Embedder({
    provider,
    gate,
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
      provider.close();
    },
  };
}
