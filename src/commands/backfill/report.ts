import type { Results } from '../../backlog/outstanding.js';
import type { BackfillRun } from '../../backlog/backfill-run.js';
import { duration, number } from '../../terminal/output.js';
import type { BackfillPlan } from './plan.js';

/** The result of a backfill as `--json` prints it (docs/commands.md). Fields are added, never changed. */
export interface BackfillResult {
  readonly dryRun: boolean;
  readonly interrupted: boolean;
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
  { found, alreadyQueued, toRequeue, after }: BackfillPlan,
  seconds: number,
): BackfillResult {
  return {
    dryRun: true,
    interrupted: false,
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
    ...counts,
    ended: outstanding === null ? null : { ...outstanding.results, waiting: outstanding.size },
    seconds,
  };
}

/** As aligned lines of text. */
export function describeResult(result: BackfillResult): string[] {
  const { found, enqueued, alreadyQueued, dryRun, ended, seconds } = result;
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
  const label = Math.max(...rows.map(([name]) => name.length));
  const width = Math.max(...rows.map(([, count]) => number(count).length));
  return rows.map(([name, count, note]) =>
    `${name.padEnd(label)}  ${number(count).padStart(width)}  ${note}`.trimEnd(),
  );
}

function describeRequeued({ requeued }: BackfillResult): string {
  const parts = [
    [requeued.completed, 'completed'],
    [requeued.error, 'in error'],
    [requeued.skipped, 'skipped'],
  ] as const;
  const counts = parts.filter(([count]) => count > 0).map(([count, status]) => `${number(count)} ${status}`);
  return counts.length === 0 ? '' : `including ${counts.join(', ')} before`;
}
