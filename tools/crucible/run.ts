import { setTimeout as delay } from 'node:timers/promises';
import { sleep } from '../../src/base/sleep.js';
import { AuditCheck } from './checks/audit.js';
import { checkCounted } from './checks/counted.js';
import { checkFinal, type FinalCounts } from './checks/final.js';
import { checkLatency } from './checks/latency.js';
import { checkProcesses } from './checks/processes.js';
import { checkResumption } from './checks/resumption.js';
import { isQuiet, looseDeadLetters, unrest } from './checks/quiescence.js';
import { checkStrangeJobs } from './checks/strange-jobs.js';
import { StatusCheck } from './checks/status.js';
import { structureOf } from './checks/structure.js';
import { Havoc } from './havoc.js';
import { historyOf } from './history.js';
import { nemesesNamed } from './nemeses/registry.js';
import type { RunOptions } from './options.js';
import { Random } from './random.js';
import { openSite, type OpenSite } from './site/open-site.js';
import { until } from './until.js';
import { Violations, type Violation } from './violation.js';
import { Writer } from './writer/writer.js';

const SAMPLE_EVERY_MS = 1_000;
/** A sweep that was asked for, on a machine that has other things to do. */
const LOOSE_ENDS_MS = 20_000;
/** Histories that are told in full. */
const TOLD = 4;

export interface RunResult {
  readonly seed: number;
  readonly violations: readonly (Violation & { readonly history?: readonly string[] })[];
  readonly injected: Readonly<Record<string, number>>;
  readonly writes: { readonly writes: number; readonly rolledBack: number; readonly lost: number };
  readonly stored: number;
  readonly blocks: FinalCounts;
  readonly quietAfterSeconds: number;
  readonly longestMismatchSeconds: number;
  readonly latency: { readonly judged: number; readonly slowestMs: number };
  /** From the end of what held all work to the first block that was stored. */
  readonly resumption: { readonly judged: number; readonly slowestMs: number };
  /** Processes that were ended by a signal of ours, that did not get as far as working, and that SIGTERM did not end in time. */
  readonly ended: { readonly expected: number; readonly atStart: number; readonly overstayed: number };
  readonly logDirectory: string;
}

/** One run: writes and faults for so long, then peace, and then the reckoning. */
export async function runCrucible(options: RunOptions, tell: (line: string) => void): Promise<RunResult> {
  const site = await openSite(options);
  let kept = true;
  try {
    tell(`seed ${options.seed}: ${options.replicas} workers run, ${options.seconds} s of writes and faults begin`);
    const result = await runOn(site, options, tell);
    kept = result.violations.length > 0;
    return result;
  } catch (error) {
    throw new Error(`the run cannot be judged; the workers' logs are kept in ${site.logDirectory}`, { cause: error });
  } finally {
    await site.close(kept);
  }
}

async function runOn(site: OpenSite, options: RunOptions, tell: (line: string) => void): Promise<RunResult> {
  const { database, fleet, ollama } = site;
  const random = new Random(String(options.seed));
  const ending = new AbortController();
  const violations = new Violations(() => {
    if (options.failFast) ending.abort();
  });
  const structure = await structureOf(database);
  const writer = new Writer({
    database,
    ollama,
    random: random.fork('writer'),
    perSecond: options.rate,
    onLockedOut: () =>
      violations.add({ invariant: 4, what: 'an edit of the API waited for a row that others had locked for too long' }),
  });
  await writer.prepare();
  const { lanes, pauseMs } = options;
  const nemeses = nemesesNamed(options.nemesis);
  const havoc = new Havoc({ site, nemeses, random: random.fork('havoc'), lanes, pauseMs });
  const audit = new AuditCheck(database, violations);
  const status = new StatusCheck(database, violations, havoc.calmSince);
  const watching = new AbortController();
  const watched = watch(audit, status, watching.signal).catch((error: unknown) => {
    ending.abort(); // nothing is judged any more
    return error;
  });

  const from = Date.now();
  const timer = setTimeout(() => ending.abort(), options.seconds * 1000);
  let to: number;
  let noticed: boolean;
  let quietAfterSeconds: number;
  try {
    await Promise.all([writer.run(ending.signal), havoc.run(ending.signal)]);
    to = Date.now();
    tell('all is healed; waiting until all is quiet');
    noticed = options.failFast && violations.all.length > 0;
    if (!noticed) await quieten(site, options, violations);
    quietAfterSeconds = (Date.now() - to) / 1000;
  } finally {
    clearTimeout(timer);
    ending.abort();
    watching.abort();
  }
  const failure = await watched;
  if (failure !== undefined) throw new Error('the audit could not be followed', { cause: failure });
  await delay(2_100); // the audit reads rows that are at least two seconds old
  await audit.follow();

  let blocks: FinalCounts = {};
  if (!noticed) {
    blocks = await checkFinal(database, writer.model, violations);
    checkProcesses(fleet, havoc.episodes, violations);
    await checkStrangeJobs(database, site.everStrange, violations);
    const { episodes } = havoc;
    await checkCounted({ database, model: writer.model, episodes, strange: site.everStrange, violations });
    if ((await structureOf(database)) !== structure)
      violations.add({ invariant: 6, what: 'the API’s schema was changed' });
  }
  const common = { model: writer.model, stores: audit.stores, episodes: havoc.episodes, exempt: site.everLocked };
  const latency = checkLatency({ ...common, from, to, violations });
  const resumption = checkResumption({ ...common, violations });
  return {
    seed: options.seed,
    violations: await withHistories(violations.all, site, writer, audit),
    injected: havoc.counts,
    writes: writer.counts,
    stored: audit.stored,
    blocks,
    quietAfterSeconds,
    longestMismatchSeconds: status.longestMs / 1000,
    latency,
    resumption,
    ended: {
      expected: fleet.ended.filter(({ expected }) => expected).length,
      overstayed: fleet.everyone.reduce((sum, { overstayed }) => sum + overstayed, 0),
      atStart: fleet.ended.filter(({ expected, started }) => !expected && !started).length,
    },
    logDirectory: site.logDirectory,
  };
}

async function watch(audit: AuditCheck, status: StatusCheck, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await status.sample().catch(() => undefined); // the server is down; next time
    await audit.follow();
    await sleep(SAMPLE_EVERY_MS, signal);
  }
}

/** Waits until nothing waits and nothing is under way; that it never is so is a violation. */
async function quieten({ database }: OpenSite, { patienceSeconds }: RunOptions, violations: Violations): Promise<void> {
  if (!(await until(async () => isQuiet(await unrest(database)), patienceSeconds * 1000, 250))) {
    const { blocks, liveJobs } = await unrest(database);
    const details = { seconds: patienceSeconds, liveJobs, blocks: blocks.length, first: blocks.slice(0, 5) };
    const blockId = blocks[0]?.id;
    violations.add({ invariant: 1, what: 'blocks are stuck', details, ...(blockId === undefined ? {} : { blockId }) });
    return;
  }
  // A new leader sweeps at once.
  await database.persist(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'embedding-worker leader %'`,
  );
  await until(async () => (await looseDeadLetters(database)).length === 0, LOOSE_ENDS_MS, 250);
}

async function withHistories(
  violations: readonly Violation[],
  site: OpenSite,
  writer: Writer,
  audit: AuditCheck,
): Promise<RunResult['violations']> {
  const told: RunResult['violations'][number][] = [];
  for (const [i, violation] of violations.entries()) {
    const { blockId } = violation;
    if (blockId === undefined || i >= TOLD) told.push(violation);
    else told.push({ ...violation, history: await historyOf(blockId, site, writer.model, audit) });
  }
  return told;
}
