import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import type { RunOptions } from './run.js';

export interface Guard {
  /** Has the clean-up done now, and waits for it. */
  release(): Promise<void>;
}

/**
 * Has a shell command run when this process ends, in whatever way: the shell waits at the other end of a pipe, which
 * the kernel closes for us even after SIGKILL. It is in a session of its own, so that Ctrl-C does not reach it.
 * `release()` takes the same path, so that it is tried by every run.
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
