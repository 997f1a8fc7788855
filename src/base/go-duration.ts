/** A duration in Go is an int64 of nanoseconds, 292 years at most. */
export const MAX_GO_SECONDS = 2 ** 63 / 1e9;

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  '\u00b5s': 1e-6, // micro sign
  '\u03bcs': 1e-6, // Greek letter mu
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

/** A number with its unit, such as `1h` in `1h30m`. */
const PART = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g;
const DURATION = new RegExp(`^[+-]?(0|(${PART.source})+)$`);

/**
 * Reads a duration as Go's time.ParseDuration does, such as `1h30m`, `1.5h`, `-300ms` or `0`.
 *
 * @returns seconds; undefined if Go rejects it
 */
export function parseGoDuration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  const parts = [...text.matchAll(PART)];
  const seconds = parts.reduce((sum, [, count = '', unit = '']) => sum + Number(count) * (UNIT_SECONDS[unit] ?? 0), 0);
  if (seconds >= MAX_GO_SECONDS) return undefined;
  return text.startsWith('-') ? -seconds : seconds;
}
