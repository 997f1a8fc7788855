import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunOptions } from '../options.js';
import { sabotageArguments } from '../sabotage/arguments.js';
import { CrucibleDatabase } from './database.js';
import { Fleet } from './fleet.js';
import { Ollama } from './ollama.js';
import { PgBouncer } from './pgbouncer.js';
import type { Site } from './site.js';
import { WORKER_ENVIRONMENT } from './timing.js';

export interface OpenSite extends Site {
  /** Blocks that a neighbour had locked at some time. */
  readonly everLocked: ReadonlySet<string>;
  /** The ids of jobs that are none of the worker's. */
  readonly everStrange: ReadonlySet<string>;
  /** Where the workers' logs are, until it is closed. */
  readonly logDirectory: string;
  /** Ends every process and removes every file that it started and made. */
  close(keepLogs: boolean): Promise<void>;
}

const WORKING_MS = 60_000;
const CLOSE_MS = 30_000;

/** Opens all that a run needs; workers are started, and work, when it resolves. */
export async function openSite(options: RunOptions): Promise<OpenSite> {
  const logDirectory = await mkdtemp(join(tmpdir(), 'crucible-'));
  const closers: (readonly [name: string, close: () => Promise<unknown>])[] = [];
  const close = async () => {
    for (const [name, closer] of closers.splice(0).reverse()) await withTimeout(name, closer());
  };
  try {
    const [database, ollama] = await Promise.all([
      CrucibleDatabase.create({ generous: options.sabotage === 'other-column' }),
      Ollama.start(options),
    ]);
    closers.push(['database', () => database.stop()]);
    closers.push(['ollama', () => ollama.stop()]);
    const pooler = options.pgbouncer ? await PgBouncer.start(database.workerUrl) : undefined;
    if (pooler !== undefined) closers.push(['pooler', () => pooler.stop()]);
    const fleet = new Fleet({
      command: [...sabotageArguments(options.sabotage), options.worker, 'worker'],
      environment: { ...WORKER_ENVIRONMENT, ...options.environment, CRUCIBLE_SABOTAGE: options.sabotage ?? '' },
      workerUrl: database.workerUrl,
      ollamaUrl: ollama.url,
      poolerPort: pooler?.port,
      oneUrlForSome: options.oneUrlForSome && pooler === undefined,
      logDirectory,
    });
    closers.push(['fleet', () => fleet.close()]);
    for (let i = 0; i < options.replicas; i++) await fleet.add();
    await allWork(fleet);
    // Beside the worker's own index on live jobs, for the audit's look at settled ones.
    await database.query('CREATE INDEX crucible_key ON pgboss.job_common (singleton_key)');
    const everLocked = new Set<string>();
    const lockedRows = (ids: readonly string[]) => ids.forEach((id) => everLocked.add(id));
    const everStrange = new Set<string>();
    const strangeJobs = (ids: readonly string[]) => ids.forEach((id) => everStrange.add(id));
    return {
      database,
      ollama,
      fleet,
      everLocked,
      lockedRows,
      everStrange,
      strangeJobs,
      logDirectory,
      close: async (keepLogs) => {
        await close();
        if (!keepLogs) await rm(logDirectory, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await close();
    throw new Error(`the run could not begin; what its workers logged is kept in ${logDirectory}`, { cause: error });
  }
}

/** What does not close must not keep the result of a long run from being told. */
async function withTimeout(name: string, closing: Promise<unknown>): Promise<void> {
  const late = new AbortController();
  const isLate = sleep(CLOSE_MS, true, { signal: late.signal }).catch(() => false);
  if (await Promise.race([closing.then(() => false), isLate])) {
    process.stderr.write(`the ${name} did not close within ${CLOSE_MS / 1000} s\n`);
  }
  late.abort();
}

async function allWork(fleet: Fleet): Promise<void> {
  const timeout = new Promise<false>((resolve) => setTimeout(resolve, WORKING_MS, false).unref());
  for (const replica of fleet.replicas) {
    if (await Promise.race([replica.working(), timeout])) continue;
    const lines = fleet.ended.at(-1)?.lastLines.join('\n') ?? 'it hangs';
    throw new Error(`the worker ${replica.name} does not start:\n${lines}`);
  }
}
