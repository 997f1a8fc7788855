import { randomWords } from '../stand-in/random.js';
import { mean } from './metrics.js';

export interface Estimate {
  readonly mean: number;
  /** 95 % of the means of resampled values lie between these. */
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2_000;
const TAIL = 0.025;

/** The mean of some values, with its percentile bootstrap interval. The same seed gives the same interval. */
export function estimate(values: readonly number[], seed: number): Estimate {
  const next = randomWords(`bootstrap/${seed}`);
  const means = Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let i = 0; i < values.length; i += 1) sum += values[next() % values.length] ?? 0;
    return sum / values.length;
  }).sort((a, b) => a - b);
  const at = (share: number) => means[Math.round(share * (RESAMPLES - 1))] ?? NaN;
  return { mean: mean(values), low: at(TAIL), high: at(1 - TAIL) };
}

/** The mean of the differences between two measurements of the same things: `values[i] - base[i]`. */
export function estimateDifference(values: readonly number[], base: readonly number[], seed: number): Estimate {
  return estimate(
    values.map((value, i) => value - (base[i] ?? NaN)),
    seed,
  );
}
