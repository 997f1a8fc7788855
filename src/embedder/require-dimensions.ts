import { ProviderMisconfiguredError } from './errors.js';
import { mayBeShortened, type Shorten } from './model-families.js';

export interface ExpectedDimensions {
  readonly model: string;
  /** Of the column. */
  readonly dimensions: number;
  readonly shorten: Shorten;
}

/**
 * Compares what a model gives with what the column holds.
 *
 * @param native the model's own dimensions
 * @throws ProviderMisconfiguredError where they are fewer, or more and must not be shortened, be it here or by the server
 */
export function requireDimensions(native: number, { model, dimensions, shorten }: ExpectedDimensions): void {
  if (native === dimensions) return;
  const gives = `PALDOCS_EMBEDDING_MODEL: the model ${model} gives vectors of ${native} dimensions, the column holds ${dimensions}`;
  const change = `or change the column to vector(${native}) and embed all blocks again: embedding-worker backfill --all`;
  if (native < dimensions) {
    throw new ProviderMisconfiguredError('EMBEDDING_DIMENSIONS', gives, {
      fix: `set PALDOCS_EMBEDDING_MODEL to a model of at least ${dimensions} dimensions\n${change}`,
    });
  }
  if (mayBeShortened(model, shorten)) return;
  throw new ProviderMisconfiguredError(
    'EMBEDDING_DIMENSIONS',
    `${gives}, and the model is not known to be trained for cutting: of other models, shortened vectors find less`,
    {
      fix: `set PALDOCS_EMBEDDING_MODEL to a model of ${dimensions} dimensions or one trained for cutting, such as qwen3-embedding:4b\n${change}\nor, if this model is trained for it: PALDOCS_EMBEDDING_SHORTEN=any`,
    },
  );
}
