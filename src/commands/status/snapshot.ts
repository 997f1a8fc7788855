import { WAITING, type FoundStatus } from '../../blocks/status.js';
import { countOrEstimate, type Tally } from '../../blocks/count-or-estimate.js';
import { requireUsable } from '../../blocks/require-usable.js';
import type { Config } from '../../config/config.js';
import { holdReason } from '../../postgres/hold-reason.js';
import { readPassState, type PassState } from '../../leader/pass-state.js';
import { readReplicas, type Replica } from '../../leader/replicas.js';
import { readQueueReport, type QueueReport } from '../../queue/queue-report.js';
import { requireQueuePrivileges } from '../../queue/privileges.js';
import { tryWritingJobs } from '../../queue/sql/try-writing-jobs.js';
import type { CommandContext } from '../context.js';

/**
 * How long exact counting may take; beyond that, blocks are estimated. Together with the program's start it stays under a
 * second. A million blocks of 370 bytes are counted in 0.46 s on 2 idle cores.
 */
const COUNT_LIMIT_MS = 600;

/** In the order of the table's columns. */
const STATUSES: readonly FoundStatus[] = ['unset', 'pending', 'processing', 'completed', 'error', 'skipped'];

/** What `status --json` prints. Documented in docs/commands.md; keys are added, never changed. */
export interface StatusSnapshot {
  readonly at: string;
  readonly blocks: {
    readonly total: number;
    /** Whether block counts are extrapolated from a sample of the table. */
    readonly estimated: boolean;
    readonly byStatus: Readonly<Record<string, number>>;
    readonly byType: Readonly<Record<string, Readonly<Record<string, number>>>>;
    /** Share of completed blocks among all but the skipped, 0 to 1; null if there are none. */
    readonly embeddedShare: number | null;
  };
  /** null before the first worker has created the queue. */
  readonly jobs: Pick<QueueReport, 'created' | 'retry' | 'active' | 'deadLetters'> | null;
  readonly oldestWaitingSeconds: number | null;
  /** Over the last five minutes; null if there is no queue. */
  readonly ratePerSecond: number | null;
  /** null if nothing is left, or nothing was embedded lately. */
  readonly etaSeconds: number | null;
  readonly workers: {
    readonly count: number;
    readonly leader: string | null;
    readonly gatesClosed: readonly string[];
    /** Those that receive no notifications. */
    readonly notificationsDown: readonly string[];
    /** Those that hold their work because of a database problem. */
    readonly held: readonly string[];
    readonly instances: readonly Replica[];
  };
  /** How far the leader's sweep is; null without a leader, or if its state is not visible to this role. */
  readonly sweep: PassState | null;
  /** Why work is held; null if it is not. */
  readonly hold: Hold | null;
}

/** A database problem for which workers hold their work. */
export interface Hold {
  /** A stable code. */
  readonly reason: string;
  readonly message: string;
  readonly fix: string | null;
}

/** Runs its queries concurrently. */
export async function takeSnapshot({ config, database, blocks: { table } }: CommandContext): Promise<StatusSnapshot> {
  const [tally, report, replicas, sweep] = await Promise.all([
    countOrEstimate(database, table, COUNT_LIMIT_MS),
    readQueueReport(database, config.names),
    readReplicas(database, config.names.queue),
    readPassState(database, config.names.queue),
  ]);
  const blocks = summarise(tally);
  const isHeld = replicas.some(({ held }) => held);
  const { oldestWaitingSeconds = null, ratePerSecond = null, ...jobs } = report ?? {};
  const left = waitingIn(blocks);
  return {
    at: new Date().toISOString(),
    blocks,
    jobs: 'created' in jobs ? jobs : null,
    oldestWaitingSeconds: oldestWaitingSeconds === null ? null : Number(oldestWaitingSeconds.toFixed(1)),
    ratePerSecond: ratePerSecond === null ? null : Number(ratePerSecond.toFixed(3)),
    etaSeconds: left > 0 && ratePerSecond !== null && ratePerSecond > 0 ? Math.ceil(left / ratePerSecond) : null,
    workers: {
      count: replicas.length,
      leader: replicas.find(({ leader }) => leader)?.instance ?? null,
      gatesClosed: replicas.filter(({ gateClosed }) => gateClosed).map(({ instance }) => instance),
      notificationsDown: replicas.filter((one) => one.notificationsDown).map(({ instance }) => instance),
      held: replicas.filter(({ held }) => held).map(({ instance }) => instance),
      instances: replicas,
    },
    sweep,
    hold: isHeld ? await findHold(database, config) : null,
  };
}

/** Looks for the problem with the same checks that a held worker repeats until it is over. */
async function findHold(database: CommandContext['database'], config: Config): Promise<Hold> {
  try {
    await requireUsable(database, config.tables);
    await requireQueuePrivileges(database, config.names.schema);
    await tryWritingJobs(database, config.names.schema);
    return {
      reason: 'UNKNOWN',
      message: 'the cause is not visible from here (see the log of the paused workers)',
      fix: null,
    };
  } catch (error) {
    const { code, message, fix } = holdReason(error);
    return { reason: code, message, fix: fix ?? null };
  }
}

/** The number of blocks that wait for a vector. */
export function waitingIn({ byStatus }: StatusSnapshot['blocks']): number {
  return WAITING.reduce((sum, status) => sum + (byStatus[status] ?? 0), 0);
}

/** Adds up the counts; a status that no block has is 0. */
function summarise({ counts, estimated }: Tally): StatusSnapshot['blocks'] {
  const zero = () => Object.fromEntries(STATUSES.map((status) => [status, 0]));
  const byStatus: Record<string, number> = zero();
  const byType: Record<string, Record<string, number>> = {};
  let total = 0;
  for (const { status, type, count } of counts) {
    const ofType = (byType[type] ??= zero());
    ofType[status] = (ofType[status] ?? 0) + count;
    byStatus[status] = (byStatus[status] ?? 0) + count;
    total += count;
  }
  const embeddable = total - (byStatus['skipped'] ?? 0);
  const embeddedShare = embeddable === 0 ? null : (byStatus['completed'] ?? 0) / embeddable;
  return { total, estimated, byStatus, byType: sorted(byType), embeddedShare };
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
