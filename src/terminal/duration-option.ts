import { ConfigurationError } from '../base/errors.js';
import { duration } from './output.js';
import { requireText } from './options.js';

/** Units, the largest first: how they may be written, and their seconds. */
const UNITS = [
  ['d|days?', 86_400],
  ['h|hrs?|hours?', 3_600],
  ['m|mins?|minutes?', 60],
  ['s|secs?|seconds?', 1],
] as const;

/** Each unit at most once, the largest first: `8h`, `1h30m`, `1.5 h`, `2 days`. */
const DURATION = new RegExp(
  `^${UNITS.map(([names]) => `(?:(\\d+(?:\\.\\d+)?)\\s*(?:${names})\\b\\s*)?`).join('')}$`,
  'i',
);

/**
 * A duration as people write it: `30m`, `8h`, `2d`, `1h30m`, `90 min`.
 *
 * @returns seconds; undefined if it is not one
 */
export function parseDuration(text: string): number | undefined {
  const counts = DURATION.exec(text.trim().replaceAll(/([a-z])(?=\d)/gi, '$1 '))?.slice(1);
  if (counts === undefined || counts.every((count) => count === undefined)) return undefined;
  return UNITS.reduce((sum, [, seconds], i) => sum + Number(counts[i] ?? 0) * seconds, 0);
}

/**
 * An option whose value is a duration.
 *
 * @param min in seconds, as is `max`
 * @returns seconds; null if it was not given
 * @throws ConfigurationError that names the option if it is not a duration within the range
 */
export function requireDuration(name: string, value: string | undefined, min: number, max: number): number | null {
  const text = requireText(name, value);
  if (text === null) return null;
  const seconds = parseDuration(text);
  if (seconds === undefined) {
    throw new ConfigurationError('OPTION', `${name}: give a time with its unit, such as 30m, 8h or 2d`);
  }
  if (seconds >= min && seconds <= max) return seconds;
  throw new ConfigurationError('OPTION', `${name}: give a time from ${duration(min)} to ${duration(max)}`);
}
