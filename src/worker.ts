import type { PgBoss } from 'pg-boss';
import { allSettled } from './base/all-settled.js';
import { requireSchema } from './blocks/require-schema.js';
import { requireUsable } from './blocks/require-usable.js';
import { inspectBlocks } from './blocks/inspect.js';
import { Blocks } from './blocks/blocks.js';
import { adoptTable, isSameTable, type BlocksTable } from './blocks/table.js';
import type { Config } from './config/config.js';
import { embeddingServer } from './config/embedding-server.js';
import type { Database } from './postgres/database.js';
import type { Lease } from './leader/lease.js';
import { openEmbedder, type OpenEmbedder } from './embedder/open-embedder.js';
import { INITIAL_TEXTS, type RequestSize } from './embedder/request-size.js';
import { checkModel } from './embedder/check-model.js';
import type { Provider } from './embedder/provider.js';
import type { Events } from './telemetry/events.js';
import { HealthServer, type Readiness } from './monitoring/health-server.js';
import { pingDatabase } from './monitoring/ping-database.js';
import type { Logger } from './telemetry/logger.js';
import { EmbedHandler, type HandlerOptions } from './pipeline/handler.js';
import { Hold } from './postgres/hold.js';
import { Workers } from './pipeline/workers.js';
import { TextBudget } from './pipeline/text-budget.js';
import { createMetrics } from './monitoring/metrics/create-metrics.js';
import { createBoss, startBoss } from './queue/boss.js';
import { EmbedQueue } from './queue/embed-queue.js';
import { ensureQueues } from './queue/ensure-queues.js';
import { ColumnUse } from './leader/column-use.js';
import { createLeader } from './leader/leader.js';
import { requireQueuePrivileges } from './queue/privileges.js';
import { tryWritingJobs } from './queue/sql/try-writing-jobs.js';
import { readLiveJobs } from './queue/live-jobs.js';
import { describePause, type Pause } from './queue/pause.js';
import { PauseWatch } from './queue/pause-watch.js';
import { Waker } from './queue/waker.js';
import { Watchdog } from './monitoring/watchdog.js';

/** Text that this process holds at once, in bytes. */
const TEXT_BUDGET_BYTES = 8 * 1024 * 1024;
/** Beyond a job's expiry, after which a batch counts as stuck. */
const BATCH_GRACE_MS = 60_000;
const READY_TIMEOUT_MS = 2_000;

export interface WorkerParts {
  readonly config: Config;
  readonly database: Database;
  readonly events: Events;
  readonly log: Logger;
  readonly version: string;
  /** Names this process among its replicas. */
  readonly instance: string;
}

/** The parts of one worker process: HTTP, embedder, pg-boss workers, and the leader's bridge and sweep. */
export class Worker {
  readonly #parts: WorkerParts;
  readonly #watchdog = new Watchdog();
  readonly #aborted = new AbortController();
  #boss: PgBoss | undefined;
  #health: HealthServer | undefined;
  #embedding: OpenEmbedder | undefined;
  #leader: Lease | undefined;
  #hold: Hold | undefined;
  #handler: EmbedHandler | undefined;
  #waker: Waker | undefined;
  #workers: Workers | undefined;
  #pauses: PauseWatch | undefined;
  #stopping: Promise<void> | undefined;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
  }

  /** The port of the HTTP endpoints. */
  get healthPort(): number {
    return this.#health?.port ?? 0;
  }

  /** What is paused by request; null if nothing is. */
  get pause(): Pause | null {
    return this.#pauses?.current ?? null;
  }

  /**
   * Starts all parts, each after those it needs. Where several checks fail that run at the same time, it throws the error of
   * the first one listed here.
   *
   * @param connected resolves once the database can be used; until then only HTTP is served
   * @throws ConfigurationError when the database is not what the worker needs, or the model cannot serve the column
   * @throws what `connected` rejects with
   */
  async start(connected?: Promise<void>): Promise<void> {
    const { config, database, events, log } = this.#parts;
    const { names } = config;
    await allSettled([connected, this.#serveHttp()]);
    const table = await inspectBlocks(database, config.tables);
    const { embedder, gate, provider, size } = this.#openEmbedder(table);
    const columnUse = new ColumnUse(table, names.queue);
    const hold = this.#createHold(provider, table, columnUse);
    const schemaChecked = requireSchema(database, table).then(() => columnUse.require(database));
    const [, , boss] = await allSettled([
      schemaChecked,
      this.#checkModel(provider, table.dimensions),
      schemaChecked.then(() => this.#createBoss(hold)),
    ]);
    await this.#startBoss(boss);
    await this.#watchPauses();
    warnOfShortExpiry(config, log);

    const waker = new Waker({ boss, database, queue: names.queue, log });
    this.#waker = waker;
    const queue = new EmbedQueue({ boss, database, names, log });
    const blocks = new Blocks(database, table);
    const common = { database, queue, blocks, waker, hold, events, log };
    await this.#startWorkers(boss, size, {
      ...common,
      retryLimit: config.retryLimit,
      embedder,
      budget: new TextBudget(TEXT_BUDGET_BYTES, config.workerConcurrency),
      workers: config.workerConcurrency,
      expireSeconds: config.jobExpireSeconds,
    });
    const { instance } = this.#parts;
    const leader = createLeader({
      ...common,
      config,
      columnUse,
      instance,
      embedder,
      isGateOpen: () => gate.isOpen,
      requestTexts: () => size.texts,
    });
    this.#leader = leader;
    await leader.start();
    events.on('gate', () => void leader.rename());
    events.on('request-size', () => void leader.rename());
    log.info('worker started', {
      instance,
      queue: names.queue,
      model: config.model,
      dimensions: table.dimensions,
      workers: config.workerConcurrency,
      requestTexts: config.batchSize ?? 'learned',
    });
  }

  /**
   * Lets requests in flight finish and stores their vectors, hands all other jobs back, and closes everything that it
   * opened. The database is the caller's. After the shutdown timeout it cancels the requests that are still in flight.
   */
  async stop(): Promise<void> {
    this.#stopping ??= this.#shutDown();
    await this.#stopping;
  }

  async #shutDown(): Promise<void> {
    const { config, log } = this.#parts;
    this.#aborted.abort();
    this.#handler?.drain();
    const watched = this.#pauses?.stop();
    const idle = this.#workers?.stop(); // first: jobs fetched now would only be handed back
    const deadline = setTimeout(() => {
      log.warn('shutdown timeout; cancelling requests in flight', {
        seconds: config.shutdownTimeoutMs / 1000,
      });
      this.#handler?.abort();
    }, config.shutdownTimeoutMs);
    try {
      await this.#leader?.stop();
      await watched;
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
   * Tries what the worker does with the database, and adopts changes of its tables.
   *
   * @throws WorkerError with its fix, or the database's error
   */
  async #checkDatabase(provider: Provider, table: BlocksTable, columnUse: ColumnUse): Promise<void> {
    const { config, database } = this.#parts;
    const fresh = await requireUsable(database, config.tables);
    await requireQueuePrivileges(database, config.names.schema);
    await tryWritingJobs(database, config.names.schema);
    if (fresh.dimensions !== table.dimensions) await this.#checkModel(provider, fresh.dimensions);
    adoptTable(table, fresh);
    await columnUse.require(database);
  }

  async #serveHttp(): Promise<void> {
    const { config, database, events, log, version } = this.#parts;
    const { names } = config;
    const registry = createMetrics({
      events,
      version,
      queue: names.queue,
      readLiveJobs: () => readLiveJobs(database, names),
    });
    const readiness = () => this.#readiness();
    this.#health = new HealthServer({ port: config.healthPort, registry, watchdog: this.#watchdog, readiness, log });
    await this.#health.start();
  }

  #openEmbedder(table: BlocksTable): OpenEmbedder {
    const { config, events, log } = this.#parts;
    const dimensions = () => table.dimensions;
    const { instruction, requestTargetMs: targetMs, batchSize: fixedTexts } = config;
    const server = { ...embeddingServer(config), instruction, targetMs, fixedTexts };
    this.#embedding = openEmbedder({ ...server, dimensions, events, log });
    return this.#embedding;
  }

  #createHold(provider: Provider, table: BlocksTable, columnUse: ColumnUse): Hold {
    const { config, database, events, log } = this.#parts;
    this.#hold = new Hold({
      check: () => this.#checkDatabase(provider, table, columnUse),
      schemaChanged: async () => !isSameTable(table, await inspectBlocks(database, config.tables)),
      events,
      log,
    });
    return this.#hold;
  }

  async #createBoss(hold: Hold): Promise<PgBoss> {
    const { config, database, instance, log } = this.#parts;
    const isExplained = (error: Error) => hold.explains(error);
    return await createBoss(database, config, { instanceName: instance, log, isExplained, sendOnly: false });
  }

  /** Creates or migrates pg-boss's schema if necessary, so everything that may refuse to start comes first. */
  async #startBoss(boss: PgBoss): Promise<void> {
    const { config } = this.#parts;
    this.#boss = boss;
    await startBoss(boss, config.names);
    await ensureQueues(boss, config, { update: true, signal: this.#aborted.signal });
  }

  /** Before the workers start: while work is paused they must not fetch at all. */
  async #watchPauses(): Promise<void> {
    const { config, database, events, log } = this.#parts;
    this.#pauses = new PauseWatch({
      database,
      names: config.names,
      onChange: (parts) => {
        this.#workers?.pause(parts);
        events.emit('pause', { parts });
      },
      log,
    });
    await this.#pauses.start();
  }

  async #startWorkers(boss: PgBoss, size: RequestSize, options: HandlerOptions): Promise<void> {
    const { config, events } = this.#parts;
    const handler = new EmbedHandler(options);
    this.#handler = handler;
    const stuckAfterMs = config.jobExpireSeconds * 1000 + BATCH_GRACE_MS;
    const workers = new Workers({
      boss,
      queue: config.names.queue,
      workerConcurrency: config.workerConcurrency,
      liveBatchSize: config.batchSize ?? INITIAL_TEXTS,
      batchSize: config.batchSize ?? Math.max(2, size.texts),
      pollIntervalSeconds: config.pollIntervalSeconds,
      paused: this.pause?.parts ?? [],
      handle: (jobs) => this.#watchdog.watch('worker', stuckAfterMs, () => handler.handle(jobs)),
    });
    this.#workers = workers;
    await workers.start();
    events.on('request-size', ({ texts }) => {
      workers.resize(texts);
    });
    events.emit('request-size', { texts: size.texts });
  }

  async #checkModel(provider: Provider, dimensions: number): Promise<void> {
    const { config, log } = this.#parts;
    await checkModel(provider, { model: config.model, dimensions, log, signal: this.#aborted.signal });
  }

  async #readiness(): Promise<Readiness> {
    const database = await pingDatabase(this.#parts.database, READY_TIMEOUT_MS);
    const started = this.#leader !== undefined;
    const detail = this.#stopping !== undefined ? 'shutting down' : started ? undefined : 'starting';
    const held = this.#hold?.reason;
    const { pause } = this;
    return {
      database,
      worker: detail === undefined ? { ok: true } : { ok: false, detail },
      ...(held !== undefined && {
        // A held worker can only wait: it stays ready, and gives the reason.
        hold: { ok: true, detail: held.message, reason: held.code, ...(held.fix !== undefined && { fix: held.fix }) },
      }),
      ...(pause !== null && { pause: { ok: true, detail: describePause(pause), reason: 'requested' } }),
    };
  }
}

function warnOfShortExpiry({ embeddingTimeoutMs, jobExpireSeconds }: Config, log: Logger): void {
  if (embeddingTimeoutMs < (jobExpireSeconds * 1000) / 2) return;
  log.warn('a request may outlast its job, so a cold model load can be cut short', {
    fix: 'set PALDOCS_JOB_EXPIRE_SECONDS to more than twice PALDOCS_EMBEDDING_TIMEOUT_SECONDS',
  });
}
