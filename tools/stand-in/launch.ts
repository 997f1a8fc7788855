import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BrainName } from './brain.js';
import type { SwallowScope } from './connections.js';
import type { Costs } from './costs.js';
import type { FaultSpec } from './fault-rule.js';
import { toFlags } from './flags.js';
import type { StandInOptions } from './options.js';
import type { RequestRecord } from './request-log.js';
import type { StandInStats } from './stand-in.js';

export type LaunchOptions = Partial<Omit<StandInOptions, 'brain'>> & { readonly brain?: BrainName };

/** A stand-in in its own process, with a client for its control endpoints. */
export class LaunchedStandIn {
  readonly url: string;
  readonly controlUrl: string;
  readonly process: ChildProcess;

  constructor(urls: { url: string; controlUrl: string }, process: ChildProcess) {
    this.url = urls.url;
    this.controlUrl = urls.controlUrl;
    this.process = process;
  }

  get pid(): number {
    const { pid } = this.process;
    if (pid === undefined) throw new Error('the stand-in has no process');
    return pid;
  }

  /** @returns the rule's id */
  async addFault(spec: FaultSpec): Promise<number> {
    const [added] = await this.#call<{ id: number }[]>('POST', 'faults', spec);
    if (added === undefined) throw new Error('the stand-in added no fault');
    return added.id;
  }

  /** Removes one rule, or all. */
  async clearFaults(id?: number): Promise<void> {
    await this.#call('DELETE', id === undefined ? 'faults' : `faults?id=${id}`);
  }

  /** Changes some of the costs, for requests that start from now on. */
  async setCosts(changed: Partial<Costs>): Promise<void> {
    await this.#call('PATCH', 'costs', changed);
  }

  /** Continues hanging requests. */
  async release(): Promise<void> {
    await this.#call('POST', 'release');
  }

  /** Swallows connections that are open now: see `StandIn`. @returns how many */
  async swallow(scope: SwallowScope = 'all'): Promise<number> {
    const { connections } = await this.#call<{ connections: number }>('POST', `swallow?scope=${scope}`);
    return connections;
  }

  stats(): Promise<StandInStats> {
    return this.#call('GET', 'stats');
  }

  /** The requests with numbers above `after`. */
  requests(after = 0): Promise<RequestRecord[]> {
    return this.#call('GET', `requests?after=${after}`);
  }

  /** Sends SIGTERM and waits for the process to end. */
  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.ref();
    const ended = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await ended;
  }

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.controlUrl}/stand-in/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`stand-in: ${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }
}

/**
 * Makes glibc keep freed memory. By default each answer of 128 texts (1.2 MB) gets pages that the kernel has to clear first,
 * which takes longer than writing the answer.
 */
const KEEP_FREED_MEMORY = {
  MALLOC_MMAP_THRESHOLD_: String(64 * 1024 * 1024),
  MALLOC_TRIM_THRESHOLD_: String(256 * 1024 * 1024),
};

/**
 * Starts `main.js` and waits until it listens. The stand-in ends when this process ends, even by a crash, and does not keep
 * this process alive.
 *
 * @param script the compiled main; by default the one beside this file
 * @throws Error with the exit status if it ends instead; the reason is on stderr
 */
export async function launchStandIn(
  options: LaunchOptions = {},
  script = fileURLToPath(new URL('main.js', import.meta.url)),
): Promise<LaunchedStandIn> {
  const child = spawn(process.execPath, [script, ...toFlags(options)], {
    env: { ...KEEP_FREED_MEMORY, ...process.env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const urls = await new Promise<{ url: string; controlUrl: string }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { url: string; controlUrl: string }));
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`the stand-in ended during its start: ${signal ?? code}`)));
  });
  child.unref();
  child.channel?.unref();
  return new LaunchedStandIn(urls, child);
}
