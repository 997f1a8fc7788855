import { ProviderMisconfiguredError } from './errors.js';
import { mayBeShortened, type Shorten } from './model-families.js';

export interface ExpectedDimensions {
  readonly model: string;
  /** Dimensions of the column. */
  readonly dimensions: number;
  readonly shorten: Shorten;
}

/**
 * Compares the model's dimensions with the column's.
 *
 * @param native the model's native dimensions
 * @throws ProviderMisconfiguredError if there are fewer, or more and neither we nor the server may shorten the vectors
 */
export function requireDimensions(native: number, { model, dimensions, shorten }: ExpectedDimensions): void {
  if (native === dimensions) return;
  const mismatch = `PALDOCS_EMBEDDING_MODEL: the model ${model} gives vectors of ${native} dimensions, the column holds ${dimensions}`;
  const change = `or change the column to vector(${native}) and re-embed all blocks: embedding-worker backfill --all`;
  if (native < dimensions) {
    throw new ProviderMisconfiguredError('EMBEDDING_DIMENSIONS', mismatch, {
      fix: `set PALDOCS_EMBEDDING_MODEL to a model with at least ${dimensions} dimensions\n${change}`,
    });
  }
  if (mayBeShortened(model, shorten)) return;
  throw new ProviderMisconfiguredError(
    'EMBEDDING_DIMENSIONS',
    `${mismatch}, and the model is not known to be trained for shortening: other models' shortened vectors find less`,
    {
      fix: `set PALDOCS_EMBEDDING_MODEL to a model with ${dimensions} dimensions or one trained for shortening, such as qwen3-embedding:4b\n${change}\nor, if this model is trained for shortening: PALDOCS_EMBEDDING_SHORTEN=any`,
    },
  );
}
