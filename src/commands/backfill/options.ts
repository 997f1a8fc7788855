import type { Argv } from 'yargs';
import { ConfigurationError } from '../../base/errors.js';
import { requireWhole } from '../../terminal/options.js';

/** What `backfill` is told on the command line. */
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
  readonly yes: boolean;
  readonly json: boolean;
}

/** yargs gives a list of what was given more than once. */
type Repeatable = string | readonly string[] | undefined;

const MAX_RATE = 1_000_000;
/** As PALDOCS_BACKFILL_BATCH_SIZE. */
const MAX_BATCH_SIZE = 10_000;

export function backfillOptions(command: Argv) {
  const flag = (describe: string) => ({ describe, type: 'boolean', default: false }) as const;
  // Without `requiresArg`, whose complaint yargs throws as an error of its own: an empty value is refused below.
  const value = (describe: string) => ({ describe, type: 'string' }) as const;
  return command
    .option('all', flag('embed again what is completed; old vectors stay until they are replaced'))
    .option('retry-errors', flag('requeue what is in error'))
    .option('block-type', value('only blocks of this type; may be repeated'))
    .option('note', value('only blocks of the note with this id; may be repeated'))
    .option('after', value('begin behind the block with this id: goes on with an interrupted --all'))
    .option('rate', value('blocks a second, 0 for no limit [default: PALDOCS_BACKFILL_RATE]'))
    .option('batch-size', value('blocks a transaction [default: PALDOCS_BACKFILL_BATCH_SIZE]'))
    .option('wait', flag('wait until all is embedded, and fail if a block fails'))
    .option('dry-run', flag('only count'))
    .option('yes', { ...flag('do not ask before embedding more than 1,000 completed blocks again'), alias: 'y' })
    .option('json', flag('print JSON instead of text'))
    .example('$0 backfill --wait', 'enqueue all that is pending, and follow it to the end')
    .example('$0 backfill --all --rate 100', 'after a change of model: all again, 100 blocks a second')
    .example('$0 backfill --all --note 7 --block-type heading', 'after note 7 was renamed');
}

/** The arguments, as far as they can be understood without a database. */
export interface Request {
  readonly types: readonly string[] | null;
  readonly noteIds: readonly string[] | null;
  readonly after: string | null;
  readonly ratePerSecond: number | undefined;
  readonly batchSize: number | undefined;
}

/** @throws ConfigurationError naming the option that cannot be used */
export function readArguments({ rate, batchSize, blockType, note, after, wait, dryRun }: BackfillArguments): Request {
  if (wait && dryRun) {
    throw new ConfigurationError('OPTION', '--wait: with --dry-run there is nothing to wait for: give one of them');
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

/** yargs itself would read nothing as 0, which is no limit at all. */
function wholeNumber(option: string, given: string | undefined, min: number, max: number): number | undefined {
  const text = valueOf(option, given);
  return text === undefined
    ? undefined
    : requireWhole(option, /^-?\d+$/.test(text) ? Number(text) : Number.NaN, min, max);
}
