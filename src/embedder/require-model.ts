import { ProviderMisconfiguredError } from './errors.js';
import type { Provider } from './provider.js';

/**
 * Asks the server whether the configured model can serve the column, where it can be asked.
 *
 * @throws ProviderMisconfiguredError when it cannot
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
      `PALDOCS_EMBEDDING_MODEL: the model ${model} cannot embed: choose an embedding model, such as qwen3-embedding:4b`,
    );
  }
  if (description.dimensions !== null && description.dimensions < dimensions) {
    throw new ProviderMisconfiguredError(
      'EMBEDDING_DIMENSIONS',
      `PALDOCS_EMBEDDING_MODEL: the model ${model} gives vectors of ${description.dimensions} dimensions, the column blocks.embedding holds ${dimensions}: choose a model of at least ${dimensions}, or change the column to vector(${description.dimensions}) and embed all blocks again`,
    );
  }
}
