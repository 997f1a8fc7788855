import type { BenchOptions } from '../options.js';
import type { Environment } from '../worker.js';

export interface Sizes {
  /** Rows of each table, ascending. */
  readonly blocks: readonly number[];
  /** How many blocks of each table are embedded again. */
  readonly again: number;
  readonly scrapes: number;
  /** How often each command runs. */
  readonly repeats: number;
  /** The least seconds of each measurement of the API's reads. */
  readonly readSeconds: number;
  /** From the end of a short sweep to the end of the next one, in seconds, and a little longer. */
  readonly idleSeconds: number;
  /** Seconds between two sweeps. */
  readonly pollSeconds: number;
}

/** PALDOCS_POLL_INTERVAL_SECONDS by default. */
const POLL_SECONDS = 60;

export function sizesOf({ quick, rows }: Pick<BenchOptions, 'quick' | 'rows'>): Sizes {
  return quick
    ? {
        blocks: powersUpTo(rows, 1_000),
        again: 500,
        scrapes: 1,
        repeats: 1,
        readSeconds: 1,
        idleSeconds: 1,
        pollSeconds: 1,
      }
    : {
        blocks: powersUpTo(rows, 10_000),
        again: 10_000,
        scrapes: 10,
        repeats: 3,
        readSeconds: 60,
        idleSeconds: 62,
        pollSeconds: POLL_SECONDS,
      };
}

/** What the environment sets beyond the defaults: with the full sizes nothing. */
export function environmentFor({ pollSeconds }: Sizes): Environment {
  return pollSeconds === POLL_SECONDS ? {} : { PALDOCS_POLL_INTERVAL_SECONDS: String(pollSeconds) };
}

/** Ten times as many each time, from the smallest on, and `rows` as the last. */
function powersUpTo(rows: number, smallest: number): number[] {
  const sizes: number[] = [];
  for (let size = smallest; size < rows; size *= 10) sizes.push(size);
  return [...sizes, rows];
}
