import type { Config } from './config.js';
import type { ProviderOptions } from '../embedder/open-provider.js';

export interface EmbeddingServer extends Omit<ProviderOptions, 'connections'> {
  /** Maximum number of requests in flight. */
  readonly concurrency: number;
}

/** The options for the embedding server that the configuration selects. */
export function embeddingServer(config: Config): EmbeddingServer {
  const { model, shorten, proxyUrl: proxy, embeddingTimeoutMs: timeoutMs } = config;
  if (config.provider === 'openai') {
    return {
      kind: 'openai',
      url: config.openaiUrl,
      ca: config.openaiCa,
      token: config.openaiKey,
      concurrency: config.openaiConcurrency,
      maxTexts: config.openaiBatchSize,
      ...{ model, shorten, proxy, timeoutMs },
    };
  }
  return {
    kind: 'ollama',
    url: config.ollamaUrl,
    ca: config.ollamaCa,
    token: config.ollamaToken,
    concurrency: config.ollamaConcurrency,
    maxTexts: Infinity,
    keepAlive: config.ollamaKeepAlive,
    ...{ model, shorten, proxy, timeoutMs },
  };
}
