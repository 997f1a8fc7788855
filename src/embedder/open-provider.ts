import type { ServerAddress } from './json-client.js';
import { Ollama } from './ollama.js';
import type { Provider } from './provider.js';

export const PROVIDERS = ['ollama'] as const;

export interface ProviderOptions extends ServerAddress {
  readonly kind: (typeof PROVIDERS)[number];
  readonly model: string;
}

/** A client of the server that the configuration names. */
export function openProvider(options: ProviderOptions): Provider {
  return new Ollama(options);
}
