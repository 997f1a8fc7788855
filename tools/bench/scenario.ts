import type { BenchOptions } from './options.js';
import type { BenchServer } from './server.js';

/** One figure: a median over runs, beside what it is to reach. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** All runs, of which `value` is the median. */
  readonly runs?: readonly number[];
  /** What it must be at least or at most; without one it is only told. */
  readonly target?: { readonly atLeast: number } | { readonly atMost: number };
}

export interface Scenario {
  readonly name: string;
  readonly what: string;
  measure(bench: Bench): Promise<Figure[]>;
}

/** What a scenario is given. */
export interface Bench {
  readonly server: BenchServer;
  readonly options: BenchOptions;
  /** Tells what is going on, for people. */
  readonly tell: (line: string) => void;
}

export function reached({ value, target }: Figure): boolean {
  if (target === undefined) return true;
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost;
}

/** A figure from the values of several runs. */
export function figure(what: string, unit: string, runs: readonly number[], target?: Figure['target']): Figure {
  return { what, unit, value: median(runs), runs, ...(target === undefined ? {} : { target }) };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The smallest value that at least this share of all are not above. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
