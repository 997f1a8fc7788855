import { ConfigurationError } from '../base/errors.js';

/** @throws ConfigurationError naming the option, when it is no number within the range */
export function requireNumber(name: string, value: number, min: number, max: number): number {
  if (value >= min && value <= max) return value;
  throw new ConfigurationError('OPTION', `${name}: give a number from ${min} to ${max}`);
}

/** @throws ConfigurationError naming the option, when it is no whole number within the range */
export function requireWhole(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new ConfigurationError('OPTION', `${name}: give a whole number from ${min} to ${max}`);
}

/**
 * An option that takes a text. Yargs makes a list of one that is given twice, whatever its type says.
 *
 * @returns null where it was not given
 * @throws ConfigurationError naming the option, when it was given twice or empty
 */
export function requireText(name: string, value: string | undefined): string | null {
  if (value === undefined) return null;
  if (typeof value !== 'string') throw new ConfigurationError('OPTION', `${name}: give it once`);
  if (value === '') throw new ConfigurationError('OPTION', `${name}: give a value`);
  return value;
}
