import { parseArgs } from 'node:util';
import { CHOICES, DEFAULT_SETTING, eachChoiceAlone, readSettings, type Setting } from './settings.js';

export interface RetrievalOptions {
  /** The differences are to the first of them. */
  readonly settings: readonly Setting[];
  /** Whether to compare the default setting with its recorded figures. */
  readonly check: boolean;
  /** Whether to record the figures of the default setting. */
  readonly record: boolean;
  /** Whether to list the questions that found nothing right. */
  readonly misses: boolean;
  /** Of the resampling. */
  readonly seed: number;
  readonly json: boolean;
  readonly help: boolean;
}

const ASPECTS = Object.entries(CHOICES)
  .map(([aspect, choices]) => `  ${`${aspect}=`.padEnd(12)}${choices.join(', ')}`)
  .join('\n');

export const USAGE = `Usage: npm run retrieval -- [options]

Measures how well blocks are found: embeds a fixed corpus of notes with a small sentence model, in
this process, and searches it for labelled questions. Prints recall@5 and MRR@10 in points, with
95 % bootstrap intervals, and the differences to the first setting. All settings together take
some minutes, the default alone less than one.

  --settings NAMES  settings to measure, separated by commas (the default, and each other choice alone)
  --check           measure the default only; fail if it is lower than recorded.json, with a margin
  --record          measure the default only and write its figures to recorded.json
  --misses          also list the questions that found no right block among the first five
  --seed N          seed of the intervals (1)
  --json            print the figures as JSON on stdout
  --help            print this

A setting is "default", or changes of it joined by "+", such as context=path+query=instruct.
The first of each is the default:
${ASPECTS}

Exit status: 0, 1 if --check finds figures that are too low, 2 if the command line is wrong or the
measurement failed.`;

/** @throws TypeError or RangeError naming the option */
export function readCommandLine(args: readonly string[]): RetrievalOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      settings: { type: 'string' },
      check: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
      misses: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { check, record, misses, json, help } = values;
  const isDefaultOnly = check || record;
  if (isDefaultOnly && values.settings !== undefined) {
    throw new RangeError('--settings: cannot be given with --check or --record, which measure the default');
  }
  return {
    settings: isDefaultOnly ? [DEFAULT_SETTING] : settingsOf(values.settings),
    check,
    record,
    misses,
    seed: readSeed(values.seed),
    json,
    help,
  };
}

function settingsOf(names: string | undefined): Setting[] {
  return names === undefined ? eachChoiceAlone() : readSettings(names);
}

function readSeed(text: string): number {
  const seed = Number(text);
  if (!Number.isInteger(seed) || seed < 1) {
    throw new RangeError(`--seed: "${text}" is not a whole number of at least 1`);
  }
  return seed;
}
