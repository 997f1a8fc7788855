import type { ProviderKind } from './dialects.js';
import { mayBeShortened } from './model-families.js';
import { Ollama, type OllamaOptions } from './ollama.js';
import { OpenAi } from './openai.js';
import type { Provider } from './provider.js';
import { ShorteningGuard } from './shortening-guard.js';

export interface ProviderOptions extends OllamaOptions {
  readonly kind: ProviderKind;
  /** Texts that the server takes in one request; Ollama takes any number. */
  readonly maxTexts: number;
}

/** A client of the server that the configuration names. */
export function openProvider(options: ProviderOptions): Provider {
  const provider = options.kind === 'openai' ? new OpenAi(options) : new Ollama(options);
  return mayBeShortened(options.model, provider.shorten) ? provider : new ShorteningGuard(provider, options.model);
}
