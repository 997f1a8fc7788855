import type { RunOptions } from '../options.js';
import type { Fixture } from './fixture.js';

/** One measured value and its target. */
export interface Measurement {
  readonly what: string;
  readonly value: string;
  readonly target: string;
  readonly pass: boolean;
}

/** Causes one fault under known conditions and measures how the workers recover. */
export interface Scenario {
  readonly name: string;
  readonly what: string;
  readonly options: Partial<RunOptions>;
  /** @param seconds how long the fault lasts, in scenarios that leave it open */
  measure(fixture: Fixture, seconds: number | undefined): Promise<Measurement[]>;
}

export function atMost(what: string, seconds: number, limitSeconds: number): Measurement {
  return { what, value: `${seconds.toFixed(1)} s`, target: `≤ ${limitSeconds} s`, pass: seconds <= limitSeconds };
}

export function none(what: string, count: number): Measurement {
  return { what, value: String(count), target: '0', pass: count === 0 };
}

export function all(what: string, count: number, of: number): Measurement {
  return { what, value: `${count} of ${of}`, target: `${of}`, pass: count === of };
}
