import { listTypes } from '../blocks/sql/list-types.js';
import { requirePrivileges } from '../blocks/checks/privileges.js';
import { retryTransient } from '../postgres/retry.js';
import { ConfigurationError } from '../base/errors.js';
import { BackfillRun } from '../backlog/backfill-run.js';
import { PauseWatch } from '../queue/pause-watch.js';
import { WorkNotifier } from '../queue/work-notifier.js';
import { withContext, withQueue, type CommandContext } from './context.js';
import { counted, number, printable, writeJson, writeLines } from '../terminal/output.js';
import { confirmed } from './backfill/confirm.js';
import { readArguments, type BackfillArguments, type Request } from './backfill/options.js';
import { planBackfill, type BackfillPlan } from './backfill/plan.js';
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
    const { signal } = context;
    const plan = await retryTransient(() => planBackfill(context, args, request), { signal, maxWaitMs: MAX_OUTAGE_MS });
    await warnOfUnknownTypes(context, request, plan);
    if (args.dryRun) {
      await print(resultOfPlan(plan, seconds()), args.json);
      return 0;
    }
    if (plan.requeued.length > 0) await requirePrivileges(context.database, context.blocks.table);
    if (!(await isConfirmed(context, args, plan))) return 1;
    return await enqueue(context, args, { ...request, ...plan }, seconds);
  });
}

async function enqueue(
  context: CommandContext,
  args: BackfillArguments,
  plan: BackfillPlan & Request,
  seconds: () => number,
): Promise<number> {
  const { config, database, blocks, signal, log } = context;
  return await withQueue(context, async (queue) => {
    const pauses = new PauseWatch({ database, names: config.names, log });
    await pauses.start();
    const run = new BackfillRun(
      {
        database,
        queue,
        blocks,
        queueLimit: config.queueLimit,
        waker: new WorkNotifier({ database, queue: config.names.queue, log }),
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
    const terminal = process.stderr.isTTY ? process.stderr : null;
    const progress = showProgress({ run, expected: plan.found, terminal, pause: () => pauses.current, log });
    let ended = false;
    try {
      await run.run();
      ended = !signal.aborted;
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      progress.stop();
      await pauses.stop();
      if (!ended) notice(describeStop(run, plan, signal.aborted));
    }
    const result = resultOfRun(run, !ended, seconds());
    await print(result, args.json);
    const inError = result.ended?.error ?? 0;
    if (inError > 0) notice(`${counted(inError, 'block')} ended in error; see: embedding-worker errors`);
    return inError > 0 ? 1 : 0;
  });
}

async function isConfirmed({ signal }: CommandContext, args: BackfillArguments, plan: BackfillPlan): Promise<boolean> {
  const { completed } = plan.toRequeue;
  if (completed <= CONFIRM_ABOVE || args.yes) return true;
  const what = `embed ${counted(completed, 'completed block')} again`;
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

async function warnOfUnknownTypes(
  { database, blocks, log }: CommandContext,
  { types: named }: Request,
  { found }: BackfillPlan,
): Promise<void> {
  if (named === null || found > 0) return;
  const types = await listTypes(database, blocks.table);
  const unknown = named.filter((type) => !types.includes(type));
  if (unknown.length > 0) log.warn('there is no block of this type', { unknown, types });
}

function describeStop(run: BackfillRun, plan: BackfillPlan, interrupted: boolean): string {
  const { found, lastId } = run.counts;
  const what = `${interrupted ? 'interrupted' : 'failed'} after ${number(found)} of ${counted(Math.max(found, plan.found), 'block')}`;
  if (!run.enqueuing) return `${what}: all are enqueued, and the workers continue`;
  const option = plan.toRequeue.completed > 0 && lastId !== null ? ` with --after ${printable(lastId)}` : '';
  return `${what}: nothing is lost; to continue, run the same command again${option}`;
}

async function print(result: BackfillResult, json: boolean): Promise<void> {
  await (json ? writeJson(result) : writeLines(describeResult(result)));
}

function notice(line: string): void {
  process.stderr.write(`embedding-worker: ${line}\n`);
}
