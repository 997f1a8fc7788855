import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NotedPause } from '../checks/pauses.js';
import type { RunOptions } from '../options.js';
import { nodeArguments } from '../sabotage/node-arguments.js';
import { contextEnvironment } from './context.js';
import { deploymentsFor, type Deployment } from './deployments.js';
import { CrucibleDatabase } from './database.js';
import { Fleet } from './fleet.js';
import { Ollama } from './ollama.js';
import { PgBouncer } from './pgbouncer.js';
import type { Testbed } from './testbed.js';
import { runCommand } from './run-command.js';
import { requestTimes, WORKER_ENVIRONMENT } from './timing.js';

export interface OpenTestbed extends Testbed {
  readonly deployments: readonly Deployment[];
  /** Blocks that another client locked, or whose singleton key it took, at some time. */
  readonly contendedBlockIds: ReadonlySet<string>;
  /** Ids of the jobs that other programs sent. */
  readonly foreignJobIds: ReadonlySet<string>;
  readonly pauses: readonly NotedPause[];
  /** Where the workers' logs are. */
  readonly logDirectory: string;
  /** Ends all processes and removes all files, except the logs if they are to be kept. */
  close(keepLogs: boolean): Promise<void>;
}

const START_MS = 60_000;
const CLOSE_MS = 30_000;

/** Opens everything that a run needs. The workers are running when it resolves. */
export async function openTestbed(options: RunOptions): Promise<OpenTestbed> {
  const logDirectory = await mkdtemp(join(tmpdir(), 'crucible-'));
  const closers: (readonly [name: string, close: () => Promise<unknown>])[] = [];
  const close = async () => {
    for (const [name, closer] of closers.splice(0).reverse()) await withTimeout(name, closer());
  };
  const deployments = deploymentsFor(options.queues);
  try {
    const [database, ollama] = await Promise.all([
      CrucibleDatabase.create({
        grantAllColumns: options.sabotage === 'other-column',
        vectorKind: options.vectorKind,
        context: options.context,
        deployments,
      }),
      Ollama.start(options),
    ]);
    closers.push(['database', () => database.stop()]);
    closers.push(['ollama', () => ollama.stop()]);
    const pooler = options.pgbouncer ? await PgBouncer.start(database.workerUrl) : undefined;
    if (pooler !== undefined) closers.push(['pooler', () => pooler.stop()]);
    const program = [...nodeArguments(options), options.worker];
    const environment = {
      ...WORKER_ENVIRONMENT,
      ...requestTimes(options.requestTimeoutSeconds),
      ...contextEnvironment(options.context),
      ...options.environment,
      CRUCIBLE_SABOTAGE: options.sabotage ?? '',
      CRUCIBLE_SLICE_PAGES: String(options.slicePages),
    };
    const fleet = new Fleet({
      command: [...program, 'worker'],
      environment,
      deployments,
      workerUrl: database.workerUrl,
      ollamaUrl: ollama.url,
      poolerPort: pooler?.port,
      oneUrlForSome: options.oneUrlForSome && pooler === undefined,
      logDirectory,
    });
    closers.push(['fleet', () => fleet.close()]);
    for (let i = 0; i < options.replicas * deployments.length; i++) await fleet.add();
    await requireRunning(fleet);
    // The worker's own index covers live jobs only; the audit looks for completed ones.
    await database.query('CREATE INDEX crucible_key ON pgboss.job_common (singleton_key)');
    const contendedBlockIds = new Set<string>();
    const noteContention = (ids: readonly string[]) => ids.forEach((id) => contendedBlockIds.add(id));
    const foreignJobIds = new Set<string>();
    const noteForeignJobs = (ids: readonly string[]) => ids.forEach((id) => foreignJobIds.add(id));
    const pauses: NotedPause[] = [];
    const addresses = { PALDOCS_DATABASE_URL: database.workerUrl, PALDOCS_OLLAMA_URL: ollama.url };
    return {
      database,
      ollama,
      fleet,
      deployments,
      contendedBlockIds,
      noteContention,
      foreignJobIds,
      noteForeignJobs,
      pauses,
      notePause: (pause) => pauses.push(pause),
      runCommand: (args) => runCommand([...program, ...args], { ...process.env, ...environment, ...addresses }),
      logDirectory,
      close: async (keepLogs) => {
        await close();
        if (!keepLogs) await rm(logDirectory, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await close();
    throw new Error(`the run could not begin; logs of the workers: ${logDirectory}`, { cause: error });
  }
}

/** Limits the closing of each part, so that a hang cannot lose the result of a long run. */
async function withTimeout(name: string, closing: Promise<unknown>): Promise<void> {
  const late = new AbortController();
  const isLate = sleep(CLOSE_MS, true, { signal: late.signal }).catch(() => false);
  if (await Promise.race([closing.then(() => false), isLate])) {
    process.stderr.write(`the ${name} did not close within ${CLOSE_MS / 1000} s\n`);
  }
  late.abort();
}

async function requireRunning(fleet: Fleet): Promise<void> {
  const timeout = new Promise<false>((resolve) => setTimeout(resolve, START_MS, false).unref());
  for (const replica of fleet.replicas) {
    if (await Promise.race([replica.working(), timeout])) continue;
    const lines = fleet.ended.at(-1)?.lastLines.join('\n') ?? 'it hangs, without a log line';
    throw new Error(`the worker ${replica.name} did not start:\n${lines}`);
  }
}
