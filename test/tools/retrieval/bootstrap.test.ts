import { describe, expect, it } from '@jest/globals';
import { estimate, estimateDifference } from '../../../tools/retrieval/bootstrap.js';

const HALF = Array.from({ length: 100 }, (_, i) => i % 2);

describe('the bootstrap interval', () => {
  it('is as wide as the theory says', () => {
    // Of the mean of 100 values with standard deviation 0.5: ± 1.96 × 0.5 / √100.
    const { mean, low, high } = estimate(HALF, 1);
    expect(mean).toBe(0.5);
    expect(Math.abs(low - 0.402)).toBeLessThan(0.02);
    expect(Math.abs(high - 0.598)).toBeLessThan(0.02);
  });

  it('has no width if all values are the same', () => {
    expect(estimate([0.25, 0.25, 0.25], 1)).toEqual({ mean: 0.25, low: 0.25, high: 0.25 });
  });

  it('repeats with the seed, and differs with another', () => {
    const values = Array.from({ length: 60 }, (_, i) => Math.sqrt(i));
    expect(estimate(values, 7)).toEqual(estimate(values, 7));
    expect(estimate(values, 7)).not.toEqual(estimate(values, 8));
  });

  it('of a difference is over pairs: what two settings have in common does not widen it', () => {
    const better = HALF.map((value) => value + 0.1);
    const { mean, low, high } = estimateDifference(better, HALF, 1);
    for (const figure of [mean, low, high]) expect(figure).toBeCloseTo(0.1, 10);
  });
});
