import type { RunOptions } from '../options.js';
import type { Scene } from './scene.js';

/** One thing that was measured, beside what it must be. */
export interface Measurement {
  readonly what: string;
  readonly value: string;
  readonly target: string;
  readonly pass: boolean;
}

/** One of the figures to reach: a scene that is set, a mishap, and what came of it. */
export interface Figure {
  readonly name: string;
  readonly what: string;
  readonly options: Partial<RunOptions>;
  /** @param seconds how long the mishap lasts, where that can be chosen */
  measure(scene: Scene, seconds: number | undefined): Promise<Measurement[]>;
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
