import { ProviderMisconfiguredError } from './errors.js';
import { mayBeShortened } from './model-families.js';
import type { Provider } from './provider.js';
import { requireDimensions } from './require-dimensions.js';

/**
 * Checks that the configured model can serve the column. If the server does not state the model's dimensions, embeds a text
 * to find out, unless vectors may be shortened.
 *
 * @throws ProviderMisconfiguredError if it cannot
 * @throws ProviderError if the server fails
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
  const mustEmbed = description.dimensions === null && !mayBeShortened(model, shorten);
  const native = mustEmbed ? await provider.nativeDimensions(signal) : description.dimensions;
  if (native !== null) requireDimensions(native, { model, dimensions, shorten });
}
