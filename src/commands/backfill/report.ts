import type { Results } from '../../backlog/outstanding.js';
import type { BackfillRun } from '../../backlog/backfill-run.js';
import { about, duration, number } from '../../terminal/output.js';
import type { BackfillCount, BackfillPlan } from './plan.js';

/** The result of a backfill as `--json` prints it (docs/commands.md). Fields are added, never changed. */
export interface BackfillResult {
  readonly dryRun: boolean;
  readonly interrupted: boolean;
  /** Whether the numbers of a dry run are extrapolated from a sample of the table. */
  readonly estimated: boolean;
  readonly found: number;
  readonly enqueued: number;
  readonly alreadyQueued: number;
  readonly requeued: { readonly completed: number; readonly error: number; readonly skipped: number };
  readonly lastId: string | null;
  /** With `--wait`: how the blocks ended, and how many had not when it was interrupted. */
  readonly ended: (Results & { readonly waiting: number }) | null;
  readonly seconds: number;
}

/** The result of a dry run. */
export function resultOfPlan(
  { after }: BackfillPlan,
  { found, alreadyQueued, toRequeue, estimated }: BackfillCount,
  seconds: number,
): BackfillResult {
  return {
    dryRun: true,
    interrupted: false,
    estimated,
    found,
    enqueued: found - alreadyQueued,
    alreadyQueued,
    requeued: toRequeue,
    lastId: after,
    ended: null,
    seconds,
  };
}

export function resultOfRun(
  { counts, outstanding }: BackfillRun,
  interrupted: boolean,
  seconds: number,
): BackfillResult {
  return {
    dryRun: false,
    interrupted,
    estimated: false,
    ...counts,
    ended: outstanding === null ? null : { ...outstanding.results, waiting: outstanding.size },
    seconds,
  };
}

/** As aligned lines of text. */
export function describeResult(result: BackfillResult): string[] {
  const { found, enqueued, alreadyQueued, dryRun, estimated, ended, seconds } = result;
  const rows: [string, number, string][] = [
    [dryRun ? 'To embed' : 'Found', found, ''],
    [dryRun ? 'Would enqueue' : 'Enqueued', enqueued, describeRequeued(result)],
    ['Already queued', alreadyQueued, ''],
  ];
  if (ended !== null) {
    rows.push(['Completed', ended.completed, `in ${duration(seconds)}`]);
    if (ended.skipped > 0) rows.push(['Skipped', ended.skipped, 'nothing to embed']);
    if (ended.gone > 0) rows.push(['Gone', ended.gone, 'deleted meanwhile']);
    if (ended.error > 0) rows.push(['In error', ended.error, 'see: embedding-worker errors']);
    if (ended.waiting > 0) rows.push(['Still waiting', ended.waiting, '']);
  }
  const show = (count: number) => (!estimated ? number(count) : count === 0 ? 'few or none' : about(count));
  const label = Math.max(...rows.map(([name]) => name.length));
  const width = Math.max(...rows.map(([, count]) => show(count).length));
  const lines = rows.map(([name, count, note]) =>
    `${name.padEnd(label)}  ${show(count).padStart(width)}  ${note}`.trimEnd(),
  );
  return estimated ? [...lines, 'Estimated from a sample of the table; --exact counts every block.'] : lines;
}

function describeRequeued({ requeued, estimated }: BackfillResult): string {
  const parts = [
    [requeued.completed, 'completed'],
    [requeued.error, 'in error'],
    [requeued.skipped, 'skipped'],
  ] as const;
  const counts = parts
    .filter(([count]) => count > 0)
    .map(([count, status]) => `${estimated ? about(count) : number(count)} ${status}`);
  return counts.length === 0 ? '' : `including ${counts.join(', ')} before`;
}
