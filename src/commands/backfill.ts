import { countOrEstimate } from '../blocks/count-or-estimate.js';
import { countBlocks } from '../blocks/sql/count-blocks.js';
import { requirePrivileges } from '../blocks/checks/privileges.js';
import { retryTransient } from '../postgres/retry.js';
import { ConfigurationError } from '../base/errors.js';
import { BackfillRun } from '../backlog/backfill-run.js';
import { PauseWatch } from '../queue/pause-watch.js';
import { WorkNotifier } from '../queue/work-notifier.js';
import { withContext, withQueue, type CommandContext } from './context.js';
import { about, counted, number, printable, writeJson, writeLines } from '../terminal/output.js';
import { confirmed } from './backfill/confirm.js';
import { readArguments, type BackfillArguments, type Request } from './backfill/options.js';
import { ExpectedCount } from './backfill/expected-count.js';
import { countPlanned, planBackfill, type BackfillCount, type BackfillPlan } from './backfill/plan.js';
import { showProgress } from './backfill/progress.js';
import { tuneHeapForSize } from '../terminal/heap.js';
import { describeResult, resultOfPlan, resultOfRun, type BackfillResult } from './backfill/report.js';

/** Asks before embedding more completed blocks than this again: it may occupy the model for hours. */
const CONFIRM_ABOVE = 1_000;
/** How long the database may be down. */
const MAX_OUTAGE_MS = 300_000;

/** Enqueues pending blocks and those that the options add. Exit status 1 also if, with `--wait`, blocks ended in `error`. */
export async function runBackfill(args: BackfillArguments): Promise<void> {
  const request = readArguments(args);
  tuneHeapForSize();
  await withContext('backfill', async (context) => {
    const started = performance.now();
    const seconds = () => Math.round(performance.now() - started) / 1000;
    const outage = { signal: context.signal, maxWaitMs: MAX_OUTAGE_MS };
    const plan = await retryTransient(() => planBackfill(context, args, request), outage);
    const count = () => countPlanned(context, plan, args.exact);
    if (args.dryRun) {
      const planned = await retryTransient(count, outage);
      if (planned.found === 0) await warnOfUnknownTypes(context, request);
      await print(resultOfPlan(plan, planned, seconds()), args.json);
      return 0;
    }
    if (plan.requeued.length > 0) await requirePrivileges(context.database, context.blocks.table);
    if (mustConfirm(args, plan) && !(await isConfirmed(context, await retryTransient(count, outage)))) return 1;
    return await enqueue(context, args, { ...request, ...plan }, { count, seconds });
  });
}

interface RunParts {
  readonly count: () => Promise<BackfillCount>;
  readonly seconds: () => number;
}

async function enqueue(
  context: CommandContext,
  args: BackfillArguments,
  plan: BackfillPlan & Request,
  { count, seconds }: RunParts,
): Promise<number> {
  const { config, database, blocks, signal, log } = context;
  return await withQueue(context, async (queue) => {
    const pauses = new PauseWatch({ database, names: config.names, log });
    await pauses.start();
    const waker = new WorkNotifier({ database, queue: config.names.queue, log });
    const run = new BackfillRun(
      {
        database,
        queue,
        blocks,
        queueLimit: config.queueLimit,
        waker,
        scope: plan.scope,
        requeued: plan.requeued,
        after: plan.after,
        ratePerSecond: plan.ratePerSecond ?? config.backfillRatePerSecond,
        batchSize: plan.batchSize ?? config.backfillBatchSize,
        maxOutageMs: MAX_OUTAGE_MS,
        isPaused: () => pauses.current !== null,
        signal,
        log,
      },
      args.wait,
    );
    const expected = new ExpectedCount(count); // counts beside the run, which need not wait for it
    const terminal = process.stderr.isTTY ? process.stderr : null;
    const progress = showProgress({
      run,
      expected: () => expected.value,
      terminal,
      pause: () => pauses.current,
      log,
    });
    let ended = false;
    try {
      await run.run();
      ended = !signal.aborted;
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      progress.stop();
      await Promise.all([pauses.stop(), expected.settled, waker.settled()]);
      if (!ended) notice(describeStop(run, plan, expected.value, signal.aborted));
    }
    if (ended && run.counts.found === 0) await warnOfUnknownTypes(context, plan);
    const result = resultOfRun(run, !ended, seconds());
    await print(result, args.json);
    const inError = result.ended?.error ?? 0;
    if (inError > 0) notice(`${counted(inError, 'block')} ended in error; see: embedding-worker errors`);
    return inError > 0 ? 1 : 0;
  });
}

function mustConfirm(args: BackfillArguments, { requeued }: BackfillPlan): boolean {
  return requeued.includes('completed') && !args.yes;
}

async function isConfirmed({ signal }: CommandContext, { toRequeue, estimated }: BackfillCount): Promise<boolean> {
  const { completed } = toRequeue;
  if (completed <= CONFIRM_ABOVE) return true;
  const what = `embed ${estimated ? `${about(completed)} completed blocks` : counted(completed, 'completed block')} again`;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new ConfigurationError('CONFIRMATION', `this would ${what}, and there is no terminal to confirm it on`, {
      fix: 'add --yes to confirm, or select fewer blocks with --note or --block-type',
    });
  }
  const question = `This will ${what}; each keeps its old vector until then. Continue?`;
  if (await confirmed(question, { input: process.stdin, output: process.stderr, signal })) return true;
  notice('nothing was changed');
  return false;
}

async function warnOfUnknownTypes({ database, blocks, log }: CommandContext, { types: named }: Request): Promise<void> {
  if (named === null) return;
  const { table } = blocks;
  const { counts, estimated } = await countOrEstimate(database, table, (tx, part) => countBlocks(tx, table, part));
  const types = [...new Set(counts.map(({ type }) => type))].filter((type) => type !== '').sort();
  const unknown = named.filter((type) => !types.includes(type));
  if (unknown.length === 0) return;
  if (estimated) log.warn('a sample of the table has no block of this type', { unknown, types });
  else log.warn('there is no block of this type', { unknown, types });
}

function describeStop(
  run: BackfillRun,
  { requeued }: BackfillPlan,
  expected: BackfillCount | undefined,
  interrupted: boolean,
): string {
  const { found, lastId } = run.counts;
  const total = Math.max(found, expected?.found ?? 0);
  const of = expected?.estimated === true ? `${about(total)} blocks` : counted(total, 'block');
  const what = `${interrupted ? 'interrupted' : 'failed'} after ${number(found)} of ${of}`;
  if (!run.enqueuing) return `${what}: all are enqueued, and the workers continue`;
  const option = requeued.includes('completed') && lastId !== null ? ` with --after ${printable(lastId)}` : '';
  return `${what}: nothing is lost; to continue, run the same command again${option}`;
}

async function print(result: BackfillResult, json: boolean): Promise<void> {
  await (json ? writeJson(result) : writeLines(describeResult(result)));
}

function notice(line: string): void {
  process.stderr.write(`embedding-worker: ${line}\n`);
}
