import type { BenchOptions } from './options.js';
import type { BenchServer } from './server.js';

/** One figure: a median over runs, and its target. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The values of all runs; `value` is their median. */
  readonly runs?: readonly number[];
  /** The least or greatest acceptable value, if there is one. */
  readonly target?: { readonly atLeast: number } | { readonly atMost: number };
}

export interface Scenario {
  readonly name: string;
  readonly what: string;
  measure(bench: Bench): Promise<Figure[]>;
}

/** What a scenario works with. */
export interface Bench {
  readonly server: BenchServer;
  readonly options: BenchOptions;
  /** Reports progress. */
  readonly print: (line: string) => void;
}

export function isReached({ value, target }: Figure): boolean {
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

/** The smallest value that is at least as large as this share of all values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
