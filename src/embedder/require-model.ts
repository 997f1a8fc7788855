import { ProviderMisconfiguredError } from './errors.js';
import { mayBeShortened } from './model-families.js';
import type { Provider } from './provider.js';
import { requireDimensions } from './require-dimensions.js';

/**
 * Asks the server whether the configured model can serve the column. One that does not tell its dimensions is made to
 * embed a text, unless any length will do.
 *
 * @throws ProviderMisconfiguredError when it cannot
 * @throws ProviderError where the server fails
 */
export async function requireModel(
  provider: Provider,
  model: string,
  dimensions: number,
  signal: AbortSignal,
): Promise<void> {
  const description = await provider.describe(signal);
  if (!description.canEmbed) {
    throw new ProviderMisconfiguredError(
      provider.dialect.codes.cannotEmbed,
      `PALDOCS_EMBEDDING_MODEL: the model ${model} cannot embed`,
      { fix: 'set PALDOCS_EMBEDDING_MODEL to an embedding model, such as qwen3-embedding:4b' },
    );
  }
  const { shorten } = provider;
  const isAsked = description.dimensions === null && !mayBeShortened(model, shorten);
  const native = isAsked ? await provider.nativeDimensions(signal) : description.dimensions;
  if (native !== null) requireDimensions(native, { model, dimensions, shorten });
}
