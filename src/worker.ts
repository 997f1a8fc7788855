import type { PgBoss } from 'pg-boss';
import { requireSchema } from './blocks/require-schema.js';
import { requireUsable } from './blocks/require-usable.js';
import { inspectBlocks } from './blocks/inspect.js';
import { Blocks } from './blocks/blocks.js';
import { adoptTable, isSameTable, type BlocksTable } from './blocks/table.js';
import type { Config } from './config/config.js';
import { embeddingServer } from './config/embedding-server.js';
import type { Database } from './postgres/database.js';
import type { Leadership } from './leader/lease.js';
import { openEmbedder, type OpenEmbedder } from './embedder/open-embedder.js';
import { requireModel } from './embedder/require-model.js';
import { ProviderMisconfiguredError } from './embedder/errors.js';
import type { Provider } from './embedder/provider.js';
import type { Events } from './telemetry/events.js';
import { HealthServer, type Readiness } from './monitoring/health-server.js';
import type { Logger } from './telemetry/logger.js';
import { EmbedHandler } from './pipeline/handler.js';
import { Hold } from './postgres/hold.js';
import { TextBudget } from './pipeline/text-budget.js';
import { createMetrics } from './monitoring/metrics/create-metrics.js';
import { createBoss, startBoss } from './queue/boss.js';
import { EmbedQueue } from './queue/embed-queue.js';
import { ensureQueues } from './queue/ensure-queues.js';
import { PRIORITY, type EmbedJobData } from './queue/job.js';
import { createLeader } from './leader/leader.js';
import { requireQueuePrivileges } from './queue/privileges.js';
import { tryWritingJobs } from './queue/sql/try-writing-jobs.js';
import { readLiveJobs } from './queue/live-jobs.js';
import { Waker } from './queue/waker.js';
import { Timeout } from './base/timeout.js';
import { Watchdog } from './monitoring/watchdog.js';

/** Text that this process holds at once, in bytes. */
const TEXT_BUDGET_BYTES = 8 * 1024 * 1024;
/** A batch may take its jobs' whole expiry and then some, never this. */
const BATCH_GRACE_MS = 60_000;
/**
 * Of the workers, those that take live jobs only. Each edit waits for the requests in flight, and its worker with it. With
 * few of them, edits that come meanwhile share the next request; with one of ten, too many wait for it. Beside a backlog 99
 * of 100 edits, at 5 and at 20 a second, were embedded within 168 and 217 ms with one of ten, 154 and 170 with two, 148 and
 * 168 with three, 172 and 178 with four; the backlog itself went 8 % faster with two than with four.
 */
const LIVE_SHARE = 0.2;
const READY_TIMEOUT_MS = 2_000;
const MODEL_CHECK_TIMEOUT_MS = 5_000;
/** What is wrong with the model itself, which no waiting mends. */
const isUnservable = (code: string, { codes }: Provider['dialect']) =>
  code === 'EMBEDDING_DIMENSIONS' || code === codes.cannotEmbed;

export interface WorkerParts {
  readonly config: Config;
  readonly database: Database;
  readonly events: Events;
  readonly log: Logger;
  readonly version: string;
  /** Names this process among its replicas. */
  readonly instance: string;
}

/** Bridge, sweep, workers and HTTP of one process. */
export class Worker {
  readonly #parts: WorkerParts;
  readonly #watchdog = new Watchdog();
  readonly #aborted = new AbortController();
  #boss: PgBoss | undefined;
  #health: HealthServer | undefined;
  #embedding: OpenEmbedder | undefined;
  #leadership: Leadership | undefined;
  #hold: Hold | undefined;
  #handler: EmbedHandler | undefined;
  #waker: Waker | undefined;
  #stopping: Promise<void> | undefined;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
  }

  /** The port of the HTTP endpoints. */
  get healthPort(): number {
    return this.#health?.port ?? 0;
  }

  /**
   * @throws ConfigurationError when the database is not what we need, or the column not what the model gives
   */
  async start(): Promise<void> {
    const { config, database, events, log } = this.#parts;
    const { signal } = this.#aborted;
    const registry = createMetrics({
      events,
      version: this.#parts.version,
      queue: config.names.queue,
      readLiveJobs: () => readLiveJobs(database, config.names),
    });
    this.#health = new HealthServer({
      port: config.healthPort,
      registry,
      watchdog: this.#watchdog,
      readiness: () => this.#readiness(),
      log,
    });
    await this.#health.start();

    const table = await requireSchema(database, config.tables);
    const embedding = openEmbedder({
      ...embeddingServer(config),
      dimensions: () => table.dimensions,
      instruction: config.instruction,
      events,
      log,
    });
    this.#embedding = embedding;
    await this.#checkModel(embedding.provider, table);
    const hold = new Hold({
      check: () => this.#checkDatabase(embedding.provider, table),
      schemaChanged: async () => !isSameTable(table, await inspectBlocks(database, config.tables)),
      events,
      log,
    });
    this.#hold = hold;
    const isExplained = (error: Error) => hold.explains(error);
    const instanceName = this.#parts.instance;
    const boss = await createBoss(database, config, { instanceName, log, isExplained, sendOnly: false });
    this.#boss = boss;
    await startBoss(boss, config.names);
    await ensureQueues(boss, config, { update: true, signal });

    if (config.embeddingTimeoutMs >= (config.jobExpireSeconds * 1000) / 2) {
      log.warn('a request may outlast its job, so a cold model load can be cut short', {
        fix: 'set PALDOCS_JOB_EXPIRE_SECONDS to more than twice PALDOCS_EMBEDDING_TIMEOUT_SECONDS',
      });
    }
    const { names } = config;
    const waker = new Waker({ boss, database, queue: names.queue, batchSize: config.batchSize, log });
    this.#waker = waker;
    const queue = new EmbedQueue({ boss, database, names, log });
    const blocks = new Blocks(database, table);
    const context = { database, queue, blocks, retryLimit: config.retryLimit };
    this.#handler = new EmbedHandler({
      context,
      embedder: embedding.embedder,
      budget: new TextBudget(TEXT_BUDGET_BYTES, config.workerConcurrency),
      waker,
      hold,
      workers: config.workerConcurrency,
      expireSeconds: config.jobExpireSeconds,
      events,
      log,
    });
    await this.#startWorkers(boss, this.#handler);
    const { gate } = embedding;
    const leadership = createLeader({
      ...{ config, database, queue, blocks, waker, events, log },
      instance: this.#parts.instance,
      isGateOpen: () => gate.isOpen,
      hold,
    });
    this.#leadership = leadership;
    await leadership.start();
    events.on('gate', () => void leadership.rename());
    log.info('worker started', {
      model: config.model,
      dimensions: table.dimensions,
      workers: config.workerConcurrency,
      batchSize: config.batchSize,
    });
  }

  /**
   * Lets requests in flight finish and stores them, hands everything else back, and closes what it opened but for the
   * database. After the shutdown timeout it hangs up on requests still in flight.
   */
  async stop(): Promise<void> {
    this.#stopping ??= this.#shutDown();
    await this.#stopping;
  }

  async #shutDown(): Promise<void> {
    const { config, log } = this.#parts;
    this.#aborted.abort();
    this.#handler?.drain();
    const idle = this.#boss?.offWork(this.#parts.config.names.queue, { wait: true }); // at once: what is fetched now only has to be handed back
    const deadline = setTimeout(() => {
      log.warn('shutdown timeout; cancelling requests in flight', {
        seconds: config.shutdownTimeoutMs / 1000,
      });
      this.#handler?.abort();
    }, config.shutdownTimeoutMs);
    try {
      await this.#leadership?.stop();
      this.#waker?.stop();
      await idle;
      await this.#hold?.stop();
      await this.#boss?.stop({ close: false });
    } finally {
      clearTimeout(deadline);
      this.#embedding?.close();
      await this.#health?.stop();
    }
  }

  /**
   * A model that cannot serve the column is an error. A server that is away, or has not pulled the model yet, is none:
   * blocks wait for it.
   */
  async #checkModel(provider: Provider, table: BlocksTable): Promise<void> {
    const { config, log } = this.#parts;
    const limit = new Timeout(MODEL_CHECK_TIMEOUT_MS, this.#aborted.signal);
    try {
      await requireModel(provider, config.model, table.dimensions, limit.signal);
    } catch (error) {
      if (error instanceof ProviderMisconfiguredError && isUnservable(error.code, provider.dialect)) throw error;
      log.warn(`${provider.dialect.name} cannot serve the model yet; blocks wait`, { error });
    } finally {
      limit.clear();
    }
  }

  /**
   * Tries what the worker does with the database, and takes over what has changed about its tables.
   *
   * @throws what is wrong: an error of ours with its fix, or the database's
   */
  async #checkDatabase(provider: Provider, table: BlocksTable): Promise<void> {
    const { config, database } = this.#parts;
    const fresh = await requireUsable(database, config.tables);
    await requireQueuePrivileges(database, config.names.schema);
    await tryWritingJobs(database, config.names.schema);
    if (fresh.dimensions !== table.dimensions) await this.#checkModel(provider, fresh);
    adoptTable(table, fresh);
  }

  async #startWorkers(boss: PgBoss, handler: EmbedHandler): Promise<void> {
    const { config } = this.#parts;
    const { queue } = config.names;
    const options = {
      batchSize: config.batchSize,
      pollingIntervalSeconds: config.pollIntervalSeconds,
      burstWhenBatchFull: true,
      perJobResults: true as const,
    };
    const bound = config.jobExpireSeconds * 1000 + BATCH_GRACE_MS;
    const handle = (jobs: Parameters<EmbedHandler['handle']>[0]) =>
      this.#watchdog.watch('worker', bound, () => handler.handle(jobs));
    // Some take live jobs only, so that an edit finds a worker whatever the backlog.
    const forLive = config.workerConcurrency === 1 ? 0 : Math.max(1, Math.floor(config.workerConcurrency * LIVE_SHARE));
    const forAll = config.workerConcurrency - forLive;
    await boss.work<EmbedJobData>(queue, { ...options, localConcurrency: forAll }, handle);
    if (forLive > 0) {
      await boss.work<EmbedJobData>(
        queue,
        { ...options, localConcurrency: forLive, minPriority: PRIORITY.live },
        handle,
      );
    }
  }

  async #readiness(): Promise<Readiness> {
    const database = await answersInTime(this.#parts.database, READY_TIMEOUT_MS);
    const started = this.#leadership !== undefined;
    const detail = this.#stopping !== undefined ? 'shutting down' : started ? undefined : 'starting';
    const held = this.#hold?.reason;
    return {
      database,
      worker: detail === undefined ? { ok: true } : { ok: false, detail },
      ...(held !== undefined && {
        // Waiting is all that a held worker can do: it stays ready, and says why.
        hold: { ok: true, detail: held.message, reason: held.code, ...(held.fix !== undefined && { fix: held.fix }) },
      }),
    };
  }
}

/** Whether the database answers, and soon. */
async function answersInTime(database: Database, timeoutMs: number): Promise<{ ok: boolean; detail?: string }> {
  return await Promise.race([
    database.query('SELECT 1').then(
      () => ({ ok: true }),
      () => ({ ok: false, detail: 'the database does not answer' }),
    ),
    new Promise<{ ok: boolean; detail: string }>((resolve) =>
      setTimeout(resolve, timeoutMs, { ok: false, detail: 'the database does not answer in time' }).unref(),
    ),
  ]);
}
