import { ConfigurationError } from '../base/errors.js';

/** @throws ConfigurationError that names the option if it is not a number within the range */
export function requireNumber(name: string, value: number, min: number, max: number): number {
  if (value >= min && value <= max) return value;
  throw new ConfigurationError('OPTION', `${name}: give a number from ${min} to ${max}`);
}

/** @throws ConfigurationError that names the option if it is not a whole number within the range */
export function requireWhole(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new ConfigurationError('OPTION', `${name}: give a whole number from ${min} to ${max}`);
}

/**
 * An option with a text value. Yargs makes a list of an option that is given twice, whatever its declared type.
 *
 * @returns null if it was not given
 * @throws ConfigurationError that names the option if it was given twice or empty
 */
export function requireText(name: string, value: string | undefined): string | null {
  if (value === undefined) return null;
  if (typeof value !== 'string') throw new ConfigurationError('OPTION', `${name}: give it once`);
  if (value === '') throw new ConfigurationError('OPTION', `${name}: give a value`);
  return value;
}
