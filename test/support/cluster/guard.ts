import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import type { RunOptions } from './run.js';

export interface Guard {
  /** Runs the clean-up now and waits for it. */
  release(): Promise<void>;
}

/**
 * Runs a shell command when this process ends in any way: a shell reads from a pipe that the kernel closes even after
 * SIGKILL. The shell has its own session, so Ctrl-C does not reach it. `release()` works in the same way, so every run tests
 * it.
 *
 * @param cleanUp shell commands; `args` are its `$1`, `$2`, …
 */
export function guard(cleanUp: string, args: readonly string[], options: RunOptions = {}): Guard {
  const child = spawn('/bin/sh', ['-c', `cat >/dev/null; ${cleanUp}`, 'guard', ...args], {
    ...options,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const exited = once(child, 'exit');
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
  return {
    release: async () => {
      if (child.exitCode !== null) return;
      child.ref();
      child.stdin.end();
      await exited;
    },
  };
}
