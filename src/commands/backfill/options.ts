import type { Argv } from 'yargs';
import { ConfigurationError } from '../../base/errors.js';
import { requireWhole } from '../../terminal/options.js';

/** The command line of `backfill`. */
export interface BackfillArguments {
  readonly rate?: string | undefined;
  readonly batchSize?: string | undefined;
  readonly all: boolean;
  readonly retryErrors: boolean;
  readonly blockType?: Repeatable;
  readonly note?: Repeatable;
  readonly after?: string | undefined;
  readonly wait: boolean;
  readonly dryRun: boolean;
  readonly exact: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

/** yargs makes a list of an option that is given more than once. */
type Repeatable = string | readonly string[] | undefined;

const MAX_RATE = 1_000_000;
/** As PALDOCS_BACKFILL_BATCH_SIZE. */
const MAX_BATCH_SIZE = 10_000;

export function backfillOptions(command: Argv) {
  const flag = (describe: string) => ({ describe, type: 'boolean', default: false }) as const;
  // Without `requiresArg`, for which yargs throws an error of its own: an empty value is rejected below.
  const value = (describe: string) => ({ describe, type: 'string' }) as const;
  return command
    .option('all', flag('also embed completed blocks again; each keeps its old vector until then'))
    .option('retry-errors', flag('also requeue blocks in error'))
    .option('block-type', value('only blocks of this type; may be repeated'))
    .option('note', value('only blocks of the note with this id; may be repeated'))
    .option('after', value('only blocks after this id: resumes an interrupted --all or --retry-errors'))
    .option('rate', value('blocks per second, 0 for no limit [default: PALDOCS_BACKFILL_RATE]'))
    .option('batch-size', value('blocks per transaction [default: PALDOCS_BACKFILL_BATCH_SIZE]'))
    .option('wait', flag('wait until all of them are done; exit status 1 if one fails'))
    .option('dry-run', flag('only count; change nothing'))
    .option('exact', flag('with --dry-run: count every block, even of a large table'))
    .option('yes', { ...flag('do not ask before embedding more than 1,000 completed blocks again'), alias: 'y' })
    .option('json', flag('print JSON instead of text'))
    .example('$0 backfill --wait', 'enqueue all pending blocks and wait until they are embedded')
    .example('$0 backfill --all --rate 100', 'after a change of model: embed everything again, 100 blocks per second')
    .example('$0 backfill --all --note 7 --block-type heading', 'after note 7 was renamed');
}

/** The arguments that can be checked without a database. */
export interface Request {
  readonly types: readonly string[] | null;
  readonly noteIds: readonly string[] | null;
  readonly after: string | null;
  readonly ratePerSecond: number | undefined;
  readonly batchSize: number | undefined;
}

/** @throws ConfigurationError naming the wrong option */
export function readArguments(args: BackfillArguments): Request {
  const { rate, batchSize, blockType, note, after, wait, dryRun, exact } = args;
  if (wait && dryRun) {
    throw new ConfigurationError('OPTION', '--wait and --dry-run: give only one; a dry run has nothing to wait for');
  }
  if (exact && !dryRun) {
    throw new ConfigurationError('OPTION', '--exact: give it with --dry-run; a backfill finds every block without it');
  }
  return {
    types: listOf('--block-type', blockType),
    noteIds: listOf('--note', note),
    after: valueOf('--after', after) ?? null,
    ratePerSecond: wholeNumber('--rate', rate, 0, MAX_RATE),
    batchSize: wholeNumber('--batch-size', batchSize, 1, MAX_BATCH_SIZE),
  };
}

function listOf(option: string, given: Repeatable): string[] | null {
  if (given === undefined) return null;
  const values = [given].flat();
  if (values.includes('')) throw new ConfigurationError('OPTION', `${option}: give a value`);
  return values;
}

function valueOf(option: string, given: Repeatable): string | undefined {
  const [value, ...more] = listOf(option, given) ?? [];
  if (more.length > 0) throw new ConfigurationError('OPTION', `${option}: give it once`);
  return value;
}

/** yargs itself would read an empty value as 0, which means no limit. */
function wholeNumber(option: string, given: string | undefined, min: number, max: number): number | undefined {
  const text = valueOf(option, given);
  return text === undefined
    ? undefined
    : requireWhole(option, /^-?\d+$/.test(text) ? Number(text) : Number.NaN, min, max);
}
