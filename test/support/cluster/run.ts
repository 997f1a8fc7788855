import { execFile } from 'node:child_process';

export interface RunOptions {
  readonly uid?: number;
  readonly gid?: number;
  readonly timeoutMs?: number;
}

/**
 * Runs a program to its end and returns what it printed. In the root directory, which every user may enter, and with
 * nothing of our environment that libpq would listen to.
 *
 * @throws Error that holds what it printed on stderr
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
