import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { WorkerEnvironment } from './worker-in-process.js';

/** What `yarn build` makes. */
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

/** A bound, not a wait: a busy machine takes ten times as long as a quiet one. */
const PATIENCE_MS = 45_000;

const running = new Set<WorkerProcess>();

/** The built program in a process of its own, with nothing of our environment but the PATH. */
export class WorkerProcess {
  readonly #process: ChildProcess;
  readonly #kill: (signal: NodeJS.Signals) => void;
  readonly #lines: ProcessLine[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #ended: Promise<ProcessEnd>;
  /** All it has said, line by line. */
  readonly stderr: string[] = [];
  readonly stdout: string[] = [];
  #end: ProcessEnd | undefined;

  /** @throws Error where the program was not built */
  static start(environment: WorkerEnvironment, ...args: string[]): WorkerProcess {
    if (!existsSync(CLI)) throw new Error(`${CLI} is missing: run "yarn build" before the tests`);
    const child = spawn(process.execPath, [CLI, ...(args.length === 0 ? ['worker'] : args)], {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return WorkerProcess.of(child, (signal) => child.kill(signal));
  }

  /** One that was started in another way, with pipes; `kill` signals the program itself. */
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
      this.#hear(line);
    });
    this.#ended = once(this.#process, 'close').then(([status, signal]) => {
      this.#end = { status: status as number | null, signal: signal as NodeJS.Signals | null };
      running.delete(this);
      for (const look of [...this.#waiting]) look();
      return this.#end;
    });
  }

  /** What it has logged. */
  get lines(): readonly ProcessLine[] {
    return this.#lines;
  }

  kill(signal: NodeJS.Signals): void {
    this.#kill(signal);
  }

  /**
   * Resolves with the first logged line whose message contains this, be it logged already or yet to come.
   *
   * @throws Error with all it has said, when it ends before or says nothing of the kind in time
   */
  untilLogged(message: string, timeoutMs = PATIENCE_MS): Promise<ProcessLine> {
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

  /** Resolves with the address of its HTTP endpoints once it is working. */
  async untilWorking(): Promise<string> {
    await this.untilLogged('worker started');
    const { port } = await this.untilLogged('serving');
    return `http://127.0.0.1:${String(port)}`;
  }

  /** @throws Error with all it has said, when it does not end in time */
  async untilEnd(timeoutMs = PATIENCE_MS): Promise<ProcessEnd> {
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

  #hear(line: string): void {
    this.stderr.push(line);
    const parsed = parseLine(line);
    if (parsed !== undefined) this.#lines.push(parsed);
    for (const look of [...this.#waiting]) look();
  }
}

/** How a run ended that was expected to end by itself, with all it said. */
export interface Run {
  readonly status: number | null;
  readonly output: string;
}

/** Runs the program to its end. */
export async function run(
  environment: WorkerEnvironment,
  args: readonly string[] = [],
  timeoutMs = PATIENCE_MS,
): Promise<Run> {
  const worker = WorkerProcess.start(environment, ...args);
  const { status } = await worker.untilEnd(timeoutMs);
  return { status, output: [...worker.stdout, ...worker.stderr].join('\n') };
}

/** Kills all that were started and still run. For `afterEach` and `afterAll`. */
export async function killProcesses(): Promise<void> {
  const processes = [...running];
  for (const worker of processes) worker.kill('SIGKILL');
  await Promise.all(processes.map((worker) => worker.untilEnd()));
}

function parseLine(line: string): ProcessLine | undefined {
  if (!line.startsWith('{')) return undefined; // what the command itself says, for people
  return JSON.parse(line) as ProcessLine;
}
