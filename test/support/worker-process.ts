import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { WorkerEnvironment } from './worker-in-process.js';

/** Made by `yarn build`. */
const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface ProcessLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface ProcessEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Generous, because a busy machine takes ten times as long as an idle one. */
const TIMEOUT_MS = 45_000;

const running = new Set<WorkerProcess>();

/** The built program in its own process, with only the PATH of our environment. */
export class WorkerProcess {
  readonly #process: ChildProcess;
  readonly #kill: (signal: NodeJS.Signals) => void;
  readonly #lines: ProcessLine[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #ended: Promise<ProcessEnd>;
  /** All lines it has printed. */
  readonly stderr: string[] = [];
  readonly stdout: string[] = [];
  #end: ProcessEnd | undefined;

  /** @throws Error if the program was not built */
  static start(environment: WorkerEnvironment, ...args: string[]): WorkerProcess {
    if (!existsSync(CLI)) throw new Error(`${CLI} is missing: run "yarn build" before the tests`);
    const child = spawn(process.execPath, [CLI, ...(args.length === 0 ? ['worker'] : args)], {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return WorkerProcess.of(child, (signal) => child.kill(signal));
  }

  /** Wraps a process that was started in another way, with pipes. `kill` must signal the program itself. */
  static of(child: ChildProcess, kill: (signal: NodeJS.Signals) => void): WorkerProcess {
    const worker = new WorkerProcess(child, kill);
    running.add(worker);
    return worker;
  }

  private constructor(child: ChildProcess, kill: (signal: NodeJS.Signals) => void) {
    this.#process = child;
    this.#kill = kill;
    const { stdout, stderr } = this.#process;
    if (stdout === null || stderr === null) throw new Error('the process has no pipes');
    createInterface(stdout).on('line', (line) => this.stdout.push(line));
    createInterface(stderr).on('line', (line) => {
      this.#read(line);
    });
    this.#ended = once(this.#process, 'close').then(([status, signal]) => {
      this.#end = { status: status as number | null, signal: signal as NodeJS.Signals | null };
      running.delete(this);
      for (const look of [...this.#waiting]) look();
      return this.#end;
    });
  }

  /** The parsed log lines. */
  get lines(): readonly ProcessLine[] {
    return this.#lines;
  }

  kill(signal: NodeJS.Signals): void {
    this.#kill(signal);
  }

  /**
   * Resolves with the first log line whose message contains this, which may have been logged already.
   *
   * @throws Error with all lines of stderr, if it ends first or does not log that in time
   */
  untilLogged(message: string, timeoutMs = TIMEOUT_MS): Promise<ProcessLine> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        act();
      };
      const fail = (what: string) => {
        settle(() => {
          reject(new Error(`${what} before it logged "${message}":\n${this.stderr.join('\n')}`));
        });
      };
      const look = () => {
        const line = this.#lines.find((candidate) => candidate.message.includes(message));
        if (line !== undefined) {
          settle(() => {
            resolve(line);
          });
        } else if (this.#end !== undefined) fail(`The process ended (${JSON.stringify(this.#end)})`);
      };
      const timer = setTimeout(() => {
        fail(`${timeoutMs} ms passed`);
      }, timeoutMs);
      this.#waiting.add(look);
      look();
    });
  }

  /** Resolves with the URL of its HTTP endpoints once it has started. */
  async untilWorking(): Promise<string> {
    await this.untilLogged('worker started');
    const { port } = await this.untilLogged('serving');
    return `http://127.0.0.1:${String(port)}`;
  }

  /** @throws Error with all lines of stderr, if it does not end in time */
  async untilEnd(timeoutMs = TIMEOUT_MS): Promise<ProcessEnd> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`The process did not end within ${timeoutMs} ms:\n${this.stderr.join('\n')}`));
      }, timeoutMs);
    });
    try {
      return await Promise.race([this.#ended, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #read(line: string): void {
    this.stderr.push(line);
    const parsed = parseLine(line);
    if (parsed !== undefined) this.#lines.push(parsed);
    for (const look of [...this.#waiting]) look();
  }
}

/** The result of a run of the program: exit status and output. */
export interface Run {
  readonly status: number | null;
  readonly output: string;
}

/** Runs the program until it ends. */
export async function run(
  environment: WorkerEnvironment,
  args: readonly string[] = [],
  timeoutMs = TIMEOUT_MS,
): Promise<Run> {
  const worker = WorkerProcess.start(environment, ...args);
  const { status } = await worker.untilEnd(timeoutMs);
  return { status, output: [...worker.stdout, ...worker.stderr].join('\n') };
}

/** Kills all running processes. For `afterEach` and `afterAll`. */
export async function killProcesses(): Promise<void> {
  const processes = [...running];
  for (const worker of processes) worker.kill('SIGKILL');
  await Promise.all(processes.map((worker) => worker.untilEnd()));
}

function parseLine(line: string): ProcessLine | undefined {
  if (!line.startsWith('{')) return undefined; // the command's own output for the user
  return JSON.parse(line) as ProcessLine;
}
