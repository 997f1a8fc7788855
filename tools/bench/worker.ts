import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { imageEnvironment } from './image-environment.js';
import { usageOf, type Usage } from './usage.js';

export type Environment = Readonly<Record<string, string>>;

const START_TIMEOUT_MS = 30_000;
const LINES_KEPT = 20;

/** The built worker in its own process, with the image's environment and none of ours. */
export class BenchWorker {
  readonly #process: ChildProcess;
  readonly #lines: string[];
  /** Seconds from the start of the process to the log line `worker started`. */
  readonly startSeconds: number;
  /** Base URL of its HTTP endpoints. */
  readonly url: string;

  private constructor(process: ChildProcess, lines: string[], startSeconds: number, url: string) {
    this.#process = process;
    this.#lines = lines;
    this.startSeconds = startSeconds;
    this.url = url;
  }

  /** @throws Error with its last log lines, if it does not start */
  static async start(script: string, environment: Environment): Promise<BenchWorker> {
    const started = performance.now();
    const child = spawnNode(script, ['worker'], { PALDOCS_HEALTH_PORT: '0', ...environment });
    const lines: string[] = [];
    let port = '';
    const working = Promise.withResolvers<number>();
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > LINES_KEPT) lines.shift();
      port =
        /"message":"serving.*"port":(\d+)|"port":(\d+).*"message":"serving/.exec(line)?.slice(1).find(Boolean) ?? port;
      if (line.includes('"message":"worker started"')) working.resolve((performance.now() - started) / 1000);
    });
    child.once('exit', () => {
      working.reject(new Error(`the worker ended during its start:\n${lines.join('\n')}`));
    });
    const timer = setTimeout(() => {
      working.reject(new Error(`the worker did not start within ${START_TIMEOUT_MS / 1000} s:\n${lines.join('\n')}`));
      child.kill('SIGKILL');
    }, START_TIMEOUT_MS);
    try {
      const startSeconds = await working.promise;
      return new BenchWorker(child, lines, startSeconds, `http://127.0.0.1:${port}`);
    } finally {
      clearTimeout(timer);
    }
  }

  /** @throws Error with its last log lines, if it ended by itself */
  requireAlive(): void {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null)
      throw new Error(`the worker ended by itself:\n${this.#lines.join('\n')}`);
  }

  async usage(): Promise<Usage> {
    return await usageOf(this.#process.pid ?? 0);
  }

  /** Sends SIGTERM and waits. @throws Error with its last log lines, if it does not exit with status 0 */
  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const [status] = (await ended) as [number | null];
    if (status !== 0) throw new Error(`the worker ended with status ${status}:\n${this.#lines.join('\n')}`);
  }
}

/** Stops workers. @throws Error of the first that did not end with status 0, once all of them have ended */
export async function stopAll(workers: readonly BenchWorker[]): Promise<void> {
  const stopped = await Promise.allSettled(workers.map((worker) => worker.stop()));
  for (const result of stopped) if (result.status === 'rejected') throw result.reason;
}

/** Runs another command of the program. @throws Error with its stderr, if its status is not 0 */
export async function runCommand(script: string, args: readonly string[], environment: Environment): Promise<void> {
  const child = spawnNode(script, args, environment);
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Error(`${args.join(' ')} ended with status ${status}:\n${stderr}`);
}

/**
 * Runs another command of the program until `reached` resolves, and interrupts it.
 *
 * @returns the seconds from the start of its process until then
 * @throws Error with its stderr, if it ends before
 */
export async function interruptCommand(
  script: string,
  args: readonly string[],
  environment: Environment,
  reached: () => Promise<boolean>,
): Promise<number> {
  const started = performance.now();
  const child = spawnNode(script, args, environment);
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const ended = once(child, 'close');
  try {
    while (!(await reached())) {
      if (child.exitCode !== null)
        throw new Error(`${args.join(' ')} ended with status ${child.exitCode} too early:\n${stderr}`);
    }
    return (performance.now() - started) / 1000;
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

function spawnNode(script: string, args: readonly string[], environment: Environment): ChildProcess {
  return spawn(process.execPath, [script, ...args], {
    env: { PATH: process.env['PATH'], ...imageEnvironment(), ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}
