import type { ConnectionChoice } from './connections.js';
import type { Provider } from './provider.js';
import { readVectors } from './vector.js';

export interface EmbedOnceOptions {
  readonly provider: Provider;
  readonly model: string;
  readonly dimensions: number;
  /** Put before each text. */
  readonly instruction: string;
  readonly signal: AbortSignal;
  /** Default: `any`. */
  readonly connection?: ConnectionChoice;
}

/**
 * Embeds texts with one request. An error is thrown at once instead of waiting until the server works again.
 *
 * @returns for each text its vector, number[dimensions] of length 1
 * @throws ProviderUnavailableError, ProviderMisconfiguredError, TextRejectedError
 */
export async function embedOnce(options: EmbedOnceOptions, texts: readonly string[]): Promise<Float32Array[]> {
  const { provider, model, dimensions, instruction, signal, connection } = options;
  const inputs = texts.map((text) => instruction + text);
  const embeddings = await provider.embed(inputs, dimensions, signal, connection);
  const { dialect, shorten } = provider;
  const vectors = readVectors(embeddings, texts.length, { dimensions, model, dialect, shorten });
  return vectors.map((vector) => {
    if (vector instanceof Float32Array) return vector;
    throw vector;
  });
}
