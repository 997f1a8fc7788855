import type { Argv } from 'yargs';
import { DEFAULT_THRESHOLD, EXACT } from '../../backlog/stored-vectors/comparison.js';
import { ConfigurationError } from '../../base/errors.js';
import { requireNumber, requireText, requireWhole } from '../../terminal/options.js';

/** The command line of `verify`. */
export interface VerifyArguments {
  readonly sample?: string | undefined;
  readonly all: boolean;
  readonly threshold?: string | undefined;
  readonly rate?: string | undefined;
  readonly fix: boolean;
  readonly json: boolean;
}

const DEFAULT_SAMPLE = 200;
const MAX_SAMPLE = 10_000;
const MAX_RATE = 1_000_000;

export function verifyOptions(command: Argv) {
  const flag = (describe: string) => ({ describe, type: 'boolean', default: false }) as const;
  const value = (describe: string) => ({ describe, type: 'string' }) as const;
  return command
    .option('sample', value(`blocks of each type, chosen at random [default: ${DEFAULT_SAMPLE}]`))
    .option('all', flag('check every completed block'))
    .option('threshold', value(`least cosine similarity that is no drift [default: ${DEFAULT_THRESHOLD}]`))
    .option('rate', value('blocks per second, 0 for no limit [default: PALDOCS_BACKFILL_RATE]'))
    .option('fix', flag('requeue the blocks that have drifted; each keeps its vector until it is embedded again'))
    .option('json', flag('print JSON instead of text'))
    .example('$0 verify', 'compare 200 blocks of each type with what the model returns now')
    .example('$0 verify --all --fix --rate 20', 'check every block, 20 per second, and embed again what has drifted');
}

/** The arguments, checked. */
export interface VerifyRequest {
  /** Blocks of each type; null: all blocks. */
  readonly perType: number | null;
  readonly threshold: number;
  /** undefined: as configured. */
  readonly ratePerSecond: number | undefined;
}

/** @throws ConfigurationError naming the wrong option */
export function readArguments({ sample, all, threshold, rate }: VerifyArguments): VerifyRequest {
  if (all && sample !== undefined) throw new ConfigurationError('OPTION', '--all and --sample: give only one');
  const perType = numberOf('--sample', sample);
  const least = numberOf('--threshold', threshold);
  const perSecond = numberOf('--rate', rate);
  return {
    perType: all ? null : requireWhole('--sample', perType ?? DEFAULT_SAMPLE, 1, MAX_SAMPLE),
    threshold: requireNumber('--threshold', least ?? DEFAULT_THRESHOLD, 0, EXACT),
    ratePerSecond: perSecond === undefined ? undefined : requireWhole('--rate', perSecond, 0, MAX_RATE),
  };
}

/** @returns NaN if it is not a number; undefined if it was not given */
function numberOf(option: string, given: string | undefined): number | undefined {
  const text = requireText(option, given);
  if (text === null) return undefined;
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
}
