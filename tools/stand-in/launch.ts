import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BrainName } from './brain.js';
import type { FaultSpec } from './fault-rule.js';
import { toFlags } from './flags.js';
import type { StandInOptions } from './options.js';
import type { RequestRecord } from './request-log.js';
import type { StandInStats } from './stand-in.js';

export type LaunchOptions = Partial<Omit<StandInOptions, 'brain'>> & { readonly brain?: BrainName };

/** A stand-in in a process of its own, and the remote control to it. */
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

  /** Lets hanging requests go on. */
  async release(): Promise<void> {
    await this.#call('POST', 'release');
  }

  stats(): Promise<StandInStats> {
    return this.#call('GET', 'stats');
  }

  /** The requests numbered above `after`. */
  requests(after = 0): Promise<RequestRecord[]> {
    return this.#call('GET', `requests?after=${after}`);
  }

  /** Sends SIGTERM and waits for the end. */
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
 * glibc keeps what is freed. As it comes, each answer of 128 texts (1.2 MB) is in pages that the kernel has just cleared,
 * which takes longer than writing the answer.
 */
const MEMORY_KEPT = {
  MALLOC_MMAP_THRESHOLD_: String(64 * 1024 * 1024),
  MALLOC_TRIM_THRESHOLD_: String(256 * 1024 * 1024),
};

/**
 * Starts `main.js` and waits until it listens. It ends when this process does, however that ends, and does not keep it
 * from ending.
 *
 * @param script the compiled main; the one beside this file unless told
 * @throws Error with the status, where it ends instead; the reason is on stderr
 */
export async function launchStandIn(
  options: LaunchOptions = {},
  script = fileURLToPath(new URL('main.js', import.meta.url)),
): Promise<LaunchedStandIn> {
  const child = spawn(process.execPath, [script, ...toFlags(options)], {
    env: { ...MEMORY_KEPT, ...process.env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const urls = await new Promise<{ url: string; controlUrl: string }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { url: string; controlUrl: string }));
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`the stand-in ended at its start: ${signal ?? code}`)));
  });
  child.unref();
  child.channel?.unref();
  return new LaunchedStandIn(urls, child);
}
