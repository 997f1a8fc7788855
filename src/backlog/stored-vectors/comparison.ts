/**
 * Cosine similarity below which a vector has drifted. The vectors that one model returns for one text are closer, whatever
 * the size of the request: docs/verify.md has the measurements.
 */
export const DEFAULT_THRESHOLD = 0.99;

/**
 * Cosine similarity below which two vectors are not the same one computed twice: the size of the request changes it less
 * (docs/verify.md).
 */
export const EXACT = 0.9999;

/** How a stored vector compares with the one that the model returns now. */
export interface Comparison {
  readonly id: string;
  readonly type: string;
  /** Of the text that was embedded. */
  readonly fingerprint: string;
  /**
   * `no vector`: none is stored, or one without a direction. `no text`: a worker would skip the block now. `not embedded`:
   * the model returned no vector, so nothing was compared.
   */
  readonly result: 'compared' | 'no vector' | 'no text' | 'not embedded';
  /** Cosine similarity: 1 is the same direction, 0 is unrelated. null unless the result is `compared`. */
  readonly cosine: number | null;
}

/** Whether what is stored is not what a worker would store now. */
export function isDrifted({ result, cosine }: Comparison, threshold: number): boolean {
  if (result === 'compared') return (cosine ?? 0) < threshold;
  return result !== 'not embedded';
}
