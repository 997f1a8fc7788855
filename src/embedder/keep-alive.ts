import { MAX_GO_SECONDS, parseGoDuration } from '../base/go-duration.js';

/**
 * Ollama's `keep_alive`, as it is sent: a number of seconds, or a duration in Go's form, such as `1h30m`. Negative: for ever.
 * Ollama rejects a string of digits without a unit.
 */
export type KeepAlive = number | string;

const NANOSECOND = 1e-9;

/**
 * Reads a value as Ollama does (`Duration.UnmarshalJSON` in its api/types.go).
 *
 * @returns seconds; Infinity for a negative value; 0 if the model would be unloaded at once; undefined if Ollama rejects the
 * value, or the number overflows there
 */
export function keepAliveSeconds(value: KeepAlive): number | undefined {
  const seconds = typeof value === 'number' ? value : parseGoDuration(value);
  if (seconds === undefined || !(Math.abs(seconds) < MAX_GO_SECONDS)) return undefined;
  if (Math.abs(seconds) < NANOSECOND) return 0;
  return seconds < 0 ? Infinity : seconds;
}
