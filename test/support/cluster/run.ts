import { execFile } from 'node:child_process';

export interface RunOptions {
  readonly uid?: number;
  readonly gid?: number;
  readonly timeoutMs?: number;
}

/**
 * Runs a program and returns its stdout. It runs in the root directory, which every user may enter, and without the
 * environment variables that libpq reads.
 *
 * @throws Error with its stderr
 */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { timeoutMs, ...identity } = options;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PG')));
  return new Promise((resolve, reject) => {
    execFile(
      program,
      [...args],
      { ...identity, cwd: '/', env: { ...env, LC_ALL: 'C' }, timeout: timeoutMs ?? 120_000 },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${program} ${args[0] ?? ''}: ${stderr.trim() || error.message}`, { cause: error }));
      },
    );
  });
}
