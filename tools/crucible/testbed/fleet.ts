import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeLinks, healLinks, openLinks, type Links } from './links.js';
import { Reaper } from './reaper.js';
import type { Deployment } from './deployments.js';
import { Replica, type WorkerExit } from './replica.js';

export interface FleetOptions {
  /** Arguments to node that start a worker. */
  readonly command: readonly string[];
  /** Environment of all workers, without the addresses. */
  readonly environment: Readonly<Record<string, string>>;
  /** Each gets as many workers as the others. */
  readonly deployments: readonly Deployment[];
  readonly workerUrl: string;
  readonly ollamaUrl: string;
  /** Port of the pooler, if the workers' pools use one. */
  readonly poolerPort: number | undefined;
  readonly logDirectory: string;
  /** Every second worker has one URL for pool and session. */
  readonly oneUrlForSome: boolean;
}

/** A worker that ended by itself is started again after this time, as Kubernetes does. */
const RESTART_MS = 500;

/** All worker processes of a run, and how they ended. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #replicas: Replica[] = [];
  /** All replicas of the run, removed ones included. */
  readonly everyReplica: Replica[] = [];
  readonly ended: WorkerExit[] = [];
  readonly #reaper: Reaper;
  #count = 0;
  #closing = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#reaper = new Reaper(join(options.logDirectory, 'pids'));
  }

  /** The present replicas, in any state. */
  get replicas(): readonly Replica[] {
    return this.#replicas;
  }

  /** The replicas that are running and not frozen. */
  get healthy(): readonly Replica[] {
    return this.#replicas.filter((replica) => replica.isWorking && !replica.isFrozen);
  }

  /** Starts another replica, of each Deployment in turn. Its `working()` resolves when it has started. */
  async add(): Promise<Replica> {
    const { workerUrl, ollamaUrl, poolerPort, command, logDirectory } = this.#options;
    const { deployments } = this.#options;
    const deployment = deployments[this.#count % deployments.length];
    const round = Math.floor(this.#count / deployments.length);
    const name = `w${++this.#count}`;
    const server = targetOf(workerUrl);
    const pool = poolerPort === undefined ? server : { host: '127.0.0.1', port: poolerPort };
    const links = await openLinks({ pool, session: server, ollama: targetOf(ollamaUrl) });
    const replica = new Replica({
      name,
      command,
      environment: {
        ...process.env,
        ...this.#options.environment,
        ...deployment?.environment,
        ...this.#addresses(links, this.#options.oneUrlForSome && round % 2 === 1),
      },
      links,
      logFile: join(logDirectory, `${name}.log`),
      onStart: (pid) => this.#reaper.add(pid),
      onEnd: (ended) => {
        this.#reaper.remove(ended.pid);
        this.ended.push(ended);
        if (!ended.expected && !this.#closing) void this.#restart(replica);
      },
    });
    this.#replicas.push(replica);
    this.everyReplica.push(replica);
    replica.start();
    return replica;
  }

  /** Stops a replica for good. */
  async remove(replica: Replica): Promise<void> {
    this.#replicas.splice(this.#replicas.indexOf(replica), 1);
    await replica.end('SIGTERM');
    await replica.discard();
    await closeLinks(replica.links);
  }

  /** Starts, thaws and reconnects all replicas. Half-open connections stay half-open. */
  heal(): void {
    for (const replica of this.#replicas) {
      if (replica.isFrozen) replica.thaw();
      healLinks(replica.links);
      replica.start();
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#replicas.map((replica) => replica.discard()));
    await Promise.all(this.#replicas.map(({ links }) => closeLinks(links)));
    await this.#reaper.release();
  }

  async #restart(replica: Replica): Promise<void> {
    await sleep(RESTART_MS);
    if (!this.#closing && this.#replicas.includes(replica)) replica.start();
  }

  #addresses(links: Links, oneUrl: boolean): NodeJS.ProcessEnv {
    const { workerUrl } = this.#options;
    return {
      PALDOCS_DATABASE_URL: through(workerUrl, links.pool.port),
      ...(!oneUrl && { PALDOCS_LISTEN_DATABASE_URL: through(workerUrl, links.session.port) }),
      PALDOCS_OLLAMA_URL: `http://127.0.0.1:${links.ollama.port}`,
      PALDOCS_OPENAI_URL: `http://127.0.0.1:${links.ollama.port}/v1`,
    };
  }
}

function through(url: string, port: number): string {
  const changed = new URL(url);
  changed.hostname = '127.0.0.1';
  changed.port = String(port);
  return changed.href;
}

function targetOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}
