import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeLinks, healLinks, openLinks, type Links } from './links.js';
import { Reaper } from './reaper.js';
import { Replica, type Ended } from './replica.js';

export interface FleetOptions {
  /** Arguments to node that run a worker. */
  readonly command: readonly string[];
  /** What all workers are told, but for the addresses. */
  readonly environment: Readonly<Record<string, string>>;
  readonly workerUrl: string;
  readonly ollamaUrl: string;
  /** Where the pool connects to instead of the server itself. */
  readonly poolerPort: number | undefined;
  readonly logDirectory: string;
  /** Every second worker has one URL for pool and session. */
  readonly oneUrlForSome: boolean;
}

/** A supervisor that starts what has ended by itself after so long, as Kubernetes does. */
const RESTART_MS = 500;

/** All worker processes of a run, and what became of them. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #replicas: Replica[] = [];
  /** Those that were ever there. */
  readonly everyone: Replica[] = [];
  readonly ended: Ended[] = [];
  readonly #reaper: Reaper;
  #count = 0;
  #closing = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#reaper = new Reaper(join(options.logDirectory, 'pids'));
  }

  /** Those there are, whatever their state. */
  get replicas(): readonly Replica[] {
    return this.#replicas;
  }

  /** Those that work and are not frozen. */
  get healthy(): readonly Replica[] {
    return this.#replicas.filter((replica) => replica.isWorking && !replica.isFrozen);
  }

  /** Starts one more; `working()` of it resolves when it works. */
  async add(): Promise<Replica> {
    const { workerUrl, ollamaUrl, poolerPort, command, logDirectory } = this.#options;
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
        ...this.#addresses(links, this.#options.oneUrlForSome && this.#count % 2 === 0),
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
    this.everyone.push(replica);
    replica.start();
    return replica;
  }

  /** Takes one out of service for good. */
  async remove(replica: Replica): Promise<void> {
    this.#replicas.splice(this.#replicas.indexOf(replica), 1);
    await replica.end('SIGTERM');
    await replica.discard();
    await closeLinks(replica.links);
  }

  /** Everything runs again, is awake and connected; what is half-open stays so. */
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
