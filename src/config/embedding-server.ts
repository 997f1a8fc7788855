import type { Config } from '../config.js';
import type { ProviderOptions } from '../embedder/open-provider.js';

export interface EmbeddingServer extends Omit<ProviderOptions, 'connections'> {
  /** Requests in flight at once. */
  readonly concurrency: number;
}

/** What the configuration says of the server that embeds. */
export function embeddingServer(config: Config): EmbeddingServer {
  return {
    kind: 'ollama',
    url: config.ollamaUrl,
    ca: config.ollamaCa,
    token: config.ollamaToken,
    model: config.model,
    timeoutMs: config.embeddingTimeoutMs,
    concurrency: config.ollamaConcurrency,
  };
}
