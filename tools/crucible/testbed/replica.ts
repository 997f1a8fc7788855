import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Links } from './links.js';

/** How a worker process ended. */
export interface WorkerExit {
  readonly replica: string;
  readonly pid: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly expected: boolean;
  /** Whether it had logged that it started. */
  readonly started: boolean;
  readonly lastLines: readonly string[];
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface ReplicaOptions {
  readonly name: string;
  /** Arguments to node. */
  readonly command: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly links: Links;
  readonly logFile: string;
  readonly onStart: (pid: number) => void;
  readonly onEnd: (ended: WorkerExit) => void;
}

const LINES_KEPT = 30;
/** The shutdown timeout, handing back, and 5 s for connections that do not answer. */
const GRACE_MS = 15_000;

/** One worker process behind its own proxies. */
export class Replica {
  readonly name: string;
  readonly links: Links;
  readonly #options: ReplicaOptions;
  readonly #log: WriteStream;
  readonly #lines: string[] = [];
  readonly suspicious: string[] = [];
  /** How often SIGTERM did not end it within the grace period. */
  killedAfterGrace = 0;
  #child: ChildProcess | undefined;
  #working = Promise.withResolvers<boolean>();
  #started = false;
  #expected = false;
  #frozen = false;

  constructor(options: ReplicaOptions) {
    this.name = options.name;
    this.links = options.links;
    this.#options = options;
    this.#log = createWriteStream(options.logFile, { flags: 'a' });
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  get isWorking(): boolean {
    return this.isRunning && this.#started;
  }

  get isFrozen(): boolean {
    return this.#frozen;
  }

  start(): void {
    if (this.#child !== undefined) return;
    this.#started = false;
    this.#expected = false;
    this.#working = Promise.withResolvers();
    const child = spawn(process.execPath, [...this.#options.command], {
      env: this.#options.environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    if (child.pid !== undefined) this.#options.onStart(child.pid);
    this.#log.write(`--- ${new Date().toISOString()} pid ${child.pid ?? 0}\n`);
    createInterface({ input: child.stderr }).on('line', (line) => this.#read(line));
    child.once('exit', (code, signal) => this.#ended(child, code, signal));
  }

  /** Resolves with true once it has started, with false if it ends first. */
  async working(): Promise<boolean> {
    return await this.#working.promise;
  }

  /** Sends a signal and waits for the process to end. Kills it after a grace period, as Kubernetes does. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const ended = once(child, 'exit');
    // A second SIGTERM would end the worker at once.
    if (signal === 'SIGKILL' || !this.#expected) child.kill(signal);
    this.#expected = true;
    if (this.#frozen) this.thaw();
    const kill = setTimeout(() => {
      this.killedAfterGrace += 1;
      child.kill('SIGKILL');
    }, GRACE_MS);
    await ended;
    clearTimeout(kill);
  }

  freeze(): void {
    if (this.#child === undefined) return;
    this.#frozen = true;
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#frozen = false;
    this.#child?.kill('SIGCONT');
  }

  /** Kills the process and closes its log. */
  async discard(): Promise<void> {
    await this.end('SIGKILL');
    await new Promise<void>((resolve) => this.#log.end(resolve));
  }

  #read(line: string): void {
    this.#log.write(line + '\n');
    this.#lines.push(line);
    if (this.#lines.length > LINES_KEPT) this.#lines.shift();
    if (/unhandled|uncaught|"level":"error"|UnhandledPromise|TypeError|RangeError|MaxListeners/i.test(line)) {
      this.suspicious.push(line);
    }
    if (line.includes('"message":"worker started"')) {
      this.#started = true;
      this.#working.resolve(true);
    }
  }

  #ended(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    this.#child = undefined;
    this.#frozen = false;
    this.#working.resolve(false);
    const { name } = this;
    const lastLines = [...this.#lines];
    const common = { replica: name, pid: child.pid ?? 0, code, signal, lastLines, at: Date.now() };
    this.#options.onEnd({ ...common, expected: this.#expected, started: this.#started });
  }
}
