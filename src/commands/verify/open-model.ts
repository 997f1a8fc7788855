import type { BlocksTable } from '../../blocks/table.js';
import type { Config } from '../../config/config.js';
import { embeddingServer } from '../../config/embedding-server.js';
import { DrainingError } from '../../embedder/errors.js';
import { openEmbedder, type OpenEmbedder } from '../../embedder/open-embedder.js';
import { createEvents } from '../../telemetry/events.js';
import type { Logger } from '../../telemetry/logger.js';

export interface ModelOptions {
  readonly config: Config;
  readonly table: BlocksTable;
  /** Ends all requests. */
  readonly signal: AbortSignal;
  /** For how long the embedding server may fail. */
  readonly maxOutageMs: number;
  readonly log: Logger;
}

export interface Model extends Pick<OpenEmbedder, 'embedder' | 'size' | 'provider'> {
  /** Aborted with a DrainingError when the given signal is, or when the server has failed for too long. */
  readonly signal: AbortSignal;
  /** The error code of an outage that was too long. */
  readonly outage: string | undefined;
  close(): void;
}

/** Opens what embeds texts as a worker does, with one request at a time: the workers need the server, too. */
export function openModel({ config, table, signal, maxOutageMs, log }: ModelOptions): Model {
  const { instruction, requestTargetMs: targetMs, batchSize: fixedTexts } = config;
  const events = createEvents();
  const server = { ...embeddingServer(config), concurrency: 1, instruction, targetMs, fixedTexts };
  const opened = openEmbedder({
    ...server,
    dimensions: () => table.dimensions,
    events,
    log,
  });
  const stopping = new AbortController();
  const stop = () => {
    stopping.abort(new DrainingError());
  };
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  let reason = 'unknown';
  let outage: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  events.on('gate-reason', (closed) => {
    reason = closed.reason;
  });
  events.on('gate', ({ open }) => {
    clearTimeout(timer);
    if (open) return;
    timer = setTimeout(() => {
      outage = reason;
      stop();
    }, maxOutageMs);
  });
  return {
    embedder: opened.embedder,
    size: opened.size,
    provider: opened.provider,
    signal: stopping.signal,
    get outage() {
      return outage;
    },
    close: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      opened.close();
    },
  };
}
