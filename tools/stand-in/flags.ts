import { parseArgs } from 'node:util';
import type { BrainName } from './brain.js';
import { COST_NAMES } from './costs.js';
import { DEFAULT_OPTIONS, type ContextErrorWording, type StandInOptions } from './options.js';

const NUMBERS = [
  'port',
  'controlPort',
  'nativeDimensions',
  ...COST_NAMES,
  'loadMs',
  'parallel',
  'maxQueue',
  'maxBatch',
  'contextTokens',
  'logSize',
  'seed',
] as const satisfies readonly (keyof StandInOptions)[];
const STRINGS = [
  'host',
  'model',
  'chatModel',
  'architecture',
  'version',
  'apiKey',
] as const satisfies readonly (keyof StandInOptions)[];
const SWITCHES = [
  'ignoreDimensions',
  'refuseDimensions',
  'ignoreBase64',
  'reverse',
  'recordTexts',
] as const satisfies readonly (keyof StandInOptions)[];
const CHOICES = ['brain', 'contextError'] as const satisfies readonly (keyof StandInOptions)[];

const STRING_FLAGS = [...NUMBERS, ...STRINGS, ...CHOICES];

/**
 * Reads options from a command line. Each option of the stand-in is a flag: `requestMs` is `--request-ms`.
 *
 * @throws TypeError or RangeError naming the flag
 */
export function parseFlags(args: readonly string[]): Partial<StandInOptions> {
  const values: Record<string, unknown> = parseArgs({
    args: [...args],
    options: Object.fromEntries<{ type: 'string' | 'boolean' }>([
      ...STRING_FLAGS.map((name) => [kebab(name), { type: 'string' }] as const),
      ...SWITCHES.map((name) => [kebab(name), { type: 'boolean' }] as const),
    ]),
  }).values;
  const options: { -readonly [Name in keyof StandInOptions]?: StandInOptions[Name] } = {};
  for (const name of NUMBERS) {
    const value = values[kebab(name)];
    if (typeof value === 'string') options[name] = toNumber(name, value);
  }
  for (const name of STRINGS) {
    const value = values[kebab(name)];
    if (typeof value === 'string') options[name] = value;
  }
  for (const name of SWITCHES) options[name] = values[kebab(name)] === true || DEFAULT_OPTIONS[name];
  // resolveOptions checks both names.
  if (values.brain !== undefined) options.brain = values.brain as BrainName;
  if (values['context-error'] !== undefined) options.contextError = values['context-error'] as ContextErrorWording;
  return options;
}

/** The command line that `parseFlags` reads as these options. */
export function toFlags(options: Partial<Omit<StandInOptions, 'brain'>> & { readonly brain?: BrainName }): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    return value === true ? [`--${kebab(name)}`] : [`--${kebab(name)}=${String(value)}`];
  });
}

function toNumber(name: string, value: string): number {
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (Number.isNaN(number)) throw new RangeError(`--${kebab(name)}: "${value}" is not a number`);
  return number;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
