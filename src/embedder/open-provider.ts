import type { ProviderKind } from './dialect.js';
import { mayBeShortened } from './model-families.js';
import { Ollama, type OllamaOptions } from './ollama.js';
import { OpenAi } from './openai.js';
import type { Provider } from './provider.js';
import { ShorteningGuard } from './shortening-guard.js';

export interface ProviderOptions extends OllamaOptions {
  readonly kind: ProviderKind;
  /** The maximum number of texts in one request. Ollama has no limit. */
  readonly maxTexts: number;
}

/** Creates a client of the configured server. */
export function openProvider(options: ProviderOptions): Provider {
  const provider = options.kind === 'openai' ? new OpenAi(options) : new Ollama(options);
  return mayBeShortened(options.model, provider.shorten) ? provider : new ShorteningGuard(provider, options.model);
}
