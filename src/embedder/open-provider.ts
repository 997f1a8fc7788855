import type { ProviderKind } from './dialects.js';
import { Ollama, type OllamaOptions } from './ollama.js';
import { OpenAi } from './openai.js';
import type { Provider } from './provider.js';

export interface ProviderOptions extends OllamaOptions {
  readonly kind: ProviderKind;
  /** Texts that the server takes in one request; Ollama takes any number. */
  readonly maxTexts: number;
}

/** A client of the server that the configuration names. */
export function openProvider(options: ProviderOptions): Provider {
  return options.kind === 'openai' ? new OpenAi(options) : new Ollama(options);
}
