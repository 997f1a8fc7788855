import { setTimeout as delay } from 'node:timers/promises';
import { sleep } from '../../src/base/sleep.js';
import { AuditCheck } from './checks/audit.js';
import { checkFailureCounts } from './checks/failure-counts.js';
import { checkFinalState, type StatusCounts } from './checks/final-state.js';
import { checkLatency } from './checks/latency.js';
import { checkPauses } from './checks/pauses.js';
import { checkProcesses } from './checks/processes.js';
import { checkResumption } from './checks/resumption.js';
import { isQuiet, findOrphanedDeadLetters, readPendingWork } from './checks/pending-work.js';
import { checkForeignJobs } from './checks/foreign-jobs.js';
import { StatusCheck } from './checks/status.js';
import { readSchema } from './checks/schema.js';
import { FaultInjector } from './fault-injector.js';
import { historyOf } from './history.js';
import { nemesesNamed } from './nemeses/registry.js';
import type { RunOptions } from './options.js';
import { Random } from './random.js';
import { openTestbed, type OpenTestbed } from './testbed/open-testbed.js';
import { until } from './until.js';
import { Violations, type Violation } from './violation.js';
import { Writer } from './writer/writer.js';

const SAMPLE_EVERY_MS = 1_000;
/** Limit for the sweep of a new leader, on a busy machine. */
const ORPHANS_MS = 20_000;
/** How many violations are reported with their block's history. */
const MAX_HISTORIES = 4;

export interface RunResult {
  readonly seed: number;
  readonly violations: readonly (Violation & { readonly history?: readonly string[] })[];
  readonly injected: Readonly<Record<string, number>>;
  readonly writes: { readonly writes: number; readonly rolledBack: number; readonly lost: number };
  readonly stored: number;
  readonly blocks: StatusCounts;
  readonly quietAfterSeconds: number;
  readonly longestMismatchSeconds: number;
  readonly latency: { readonly checked: number; readonly slowestMs: number };
  /** From the end of a fault that blocked all work to the first block stored. */
  readonly resumption: { readonly checked: number; readonly slowestMs: number };
  /** Worker processes that the crucible ended, that ended during their start, and that SIGTERM did not end in time. */
  readonly ended: { readonly expected: number; readonly atStart: number; readonly killedAfterGrace: number };
  readonly logDirectory: string;
}

/** One run: writes and faults for the given time, then a wait until no work is left, then the final checks. */
export async function runCrucible(options: RunOptions, print: (line: string) => void): Promise<RunResult> {
  const testbed = await openTestbed(options);
  let keepLogs = true;
  try {
    const { slicePages, queues } = options;
    const slices =
      slicePages === 0 ? '' : `, which sweep in slices of ${slicePages === 1 ? 'a page' : `${slicePages} pages`}`;
    const workers =
      queues === 1 ? `${options.replicas} workers` : `${options.replicas} workers on each of ${queues} queues`;
    print(`seed ${options.seed}: ${workers} are running${slices}; writes and faults for ${options.seconds} s`);
    const result = await runOn(testbed, options, print);
    keepLogs = result.violations.length > 0;
    return result;
  } catch (error) {
    throw new Error(`the run failed, so nothing was checked; logs of the workers: ${testbed.logDirectory}`, {
      cause: error,
    });
  } finally {
    await testbed.close(keepLogs);
  }
}

async function runOn(testbed: OpenTestbed, options: RunOptions, print: (line: string) => void): Promise<RunResult> {
  const { database, deployments, fleet, ollama } = testbed;
  const random = new Random(String(options.seed));
  const ending = new AbortController();
  const violations = new Violations(() => {
    if (options.failFast) ending.abort();
  });
  const schema = await readSchema(database);
  const writer = new Writer({
    database,
    ollama,
    random: random.fork('writer'),
    perSecond: options.rate,
    onLockedOut: () => violations.add({ invariant: 4, what: 'an edit of the API waited too long for a locked row' }),
  });
  await writer.prepare();
  const { lanes, pauseMs } = options;
  const nemeses = nemesesNamed(options.nemesis);
  const faultInjector = new FaultInjector({ testbed, nemeses, random: random.fork('faults'), lanes, pauseMs });
  const audits = deployments.map((deployment) => new AuditCheck(database, violations, deployment));
  const statuses = deployments.map(
    (deployment) => new StatusCheck(database, violations, faultInjector.calmSince, deployment),
  );
  const watching = new AbortController();
  const watched = watch(audits, statuses, watching.signal).catch((error: unknown) => {
    ending.abort(); // nothing is checked any more
    return error;
  });

  const from = Date.now();
  const timer = setTimeout(() => ending.abort(), options.seconds * 1000);
  let to: number;
  let hasFailed: boolean;
  let quietAfterSeconds: number;
  try {
    await Promise.all([writer.run(ending.signal), faultInjector.run(ending.signal)]);
    to = Date.now();
    print('all faults are undone; waiting until no work is left');
    hasFailed = options.failFast && violations.all.length > 0;
    if (!hasFailed) await waitUntilQuiet(testbed, options, violations);
    quietAfterSeconds = (Date.now() - to) / 1000;
  } finally {
    clearTimeout(timer);
    ending.abort();
    watching.abort();
  }
  const failure = await watched;
  if (failure !== undefined) throw new Error('the audit could not be read', { cause: failure });
  await delay(2_100); // the audit reads rows that are at least two seconds old
  for (const audit of audits) await audit.follow();

  const blocks: Record<string, number> = {};
  if (!hasFailed) {
    for (const deployment of deployments) {
      const counts = await checkFinalState(database, writer.model, violations, deployment);
      for (const [one, count] of Object.entries(counts)) blocks[one] = (blocks[one] ?? 0) + count;
    }
    checkProcesses(fleet, faultInjector.injections, violations);
    await checkPauses(database, testbed.pauses, faultInjector.injections, violations);
    await checkForeignJobs(database, testbed.foreignJobIds, violations);
    const { injections } = faultInjector;
    for (const deployment of deployments) {
      await checkFailureCounts({
        database,
        deployment,
        model: writer.model,
        injections,
        foreignJobIds: testbed.foreignJobIds,
        violations,
      });
    }
    if ((await readSchema(database)) !== schema) violations.add({ invariant: 6, what: 'the API’s schema was changed' });
  }
  const common = {
    model: writer.model,
    injections: faultInjector.injections,
    exempt: testbed.contendedBlockIds,
  };
  const latency = slowestOf(audits.map(({ stores }) => checkLatency({ ...common, stores, from, to, violations })));
  const resumption = slowestOf(audits.map(({ stores }) => checkResumption({ ...common, stores, violations })));
  return {
    seed: options.seed,
    violations: await withHistories(violations.all, testbed, writer, audits),
    injected: faultInjector.counts,
    writes: writer.counts,
    stored: audits.reduce((sum, audit) => sum + audit.stored, 0),
    blocks,
    quietAfterSeconds,
    longestMismatchSeconds: Math.max(...statuses.map(({ longestMs }) => longestMs)) / 1000,
    latency,
    resumption,
    ended: {
      expected: fleet.ended.filter(({ expected }) => expected).length,
      killedAfterGrace: fleet.everyReplica.reduce((sum, { killedAfterGrace }) => sum + killedAfterGrace, 0),
      atStart: fleet.ended.filter(({ expected, started }) => !expected && !started).length,
    },
    logDirectory: testbed.logDirectory,
  };
}

/** What was checked for all Deployments together. */
function slowestOf(results: readonly RunResult['latency'][]): RunResult['latency'] {
  return {
    checked: results.reduce((sum, { checked }) => sum + checked, 0),
    slowestMs: Math.max(...results.map(({ slowestMs }) => slowestMs)),
  };
}

async function watch(
  audits: readonly AuditCheck[],
  statuses: readonly StatusCheck[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    for (const status of statuses) await status.sample().catch(() => undefined); // the server is down; try again next time
    for (const audit of audits) await audit.follow();
    await sleep(SAMPLE_EVERY_MS, signal);
  }
}

/** Waits until no work is left, then for the sweep that deletes orphaned dead letters. Work that stays is a violation. */
async function waitUntilQuiet(
  { database, deployments }: OpenTestbed,
  { quietTimeoutSeconds }: RunOptions,
  violations: Violations,
): Promise<void> {
  for (const deployment of deployments) {
    const isDone = async () => isQuiet(await readPendingWork(database, deployment));
    if (await until(isDone, quietTimeoutSeconds * 1000, 250)) continue;
    const { blocks, liveJobs } = await readPendingWork(database, deployment);
    const details = {
      queue: deployment.queue,
      seconds: quietTimeoutSeconds,
      liveJobs,
      blocks: blocks.length,
      first: blocks.slice(0, 5),
    };
    const blockId = blocks[0]?.id;
    violations.add({ invariant: 1, what: 'blocks are stuck', details, ...(blockId === undefined ? {} : { blockId }) });
    return;
  }
  // A new leader sweeps at once, so end the present one's session.
  await database.persist(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'embedding-worker % L %'`,
  );
  for (const deployment of deployments) {
    await until(async () => (await findOrphanedDeadLetters(database, deployment)).length === 0, ORPHANS_MS, 250);
  }
}

async function withHistories(
  violations: readonly Violation[],
  testbed: OpenTestbed,
  writer: Writer,
  audits: readonly AuditCheck[],
): Promise<RunResult['violations']> {
  const reported: RunResult['violations'][number][] = [];
  for (const [i, violation] of violations.entries()) {
    const { blockId } = violation;
    if (blockId === undefined || i >= MAX_HISTORIES) reported.push(violation);
    else reported.push({ ...violation, history: await historyOf(blockId, testbed, writer.model, audits) });
  }
  return reported;
}
