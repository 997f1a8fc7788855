import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Built by `yarn build`. */
export const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Called with all of stdout so far, and a function that sends SIGINT. */
  readonly onOutput?: (stdout: string, interrupt: () => void) => void;
  /** Called as soon as the process runs. */
  readonly onStart?: (interrupt: () => void) => void;
}

/** Runs one command of the built program to its end, with an environment of PATH and the given variables. */
export async function runCli(
  environment: Readonly<Record<string, string>>,
  args: readonly string[],
  { onOutput, onStart }: RunOptions = {},
): Promise<CliResult> {
  if (!existsSync(CLI)) throw new Error(`${CLI} is missing: run "yarn build" before the tests`);
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const interrupt = () => child.kill('SIGINT');
  onStart?.(interrupt);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    onOutput?.(stdout, interrupt);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  return await new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (status) => {
      resolve({ status, stdout, stderr });
    });
  });
}

/** Runs a command with --json, and fails unless it succeeds. */
export async function runJson<T>(environment: Readonly<Record<string, string>>, args: readonly string[]): Promise<T> {
  const { status, stdout, stderr } = await runCli(environment, [...args, '--json']);
  if (status !== 0) throw new Error(`${args.join(' ')} ended with status ${String(status)}: ${stderr}${stdout}`);
  return JSON.parse(stdout) as T;
}
