import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Image } from './build.js';
import { environmentOf, lastOf } from './dockerfile.js';

type Variables = Readonly<Record<string, string>>;

const NAMESPACES = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc'];

const isRoot = process.getuid?.() === 0;

/** How much of a container this machine can give us. */
export interface Isolation {
  /** A root file system that cannot be written, and a process that is number 1. */
  readonly namespaces: boolean;
  /** The user that the image names; else our own, which is not root. */
  readonly user: boolean;
}

/** As far as we may: `unshare` needs root, and a container of our own may still forbid it. */
export const ISOLATION: Isolation = {
  namespaces:
    isRoot &&
    spawnSync('unshare', [...NAMESPACES, 'sh', '-c', 'mount -o remount,bind,ro /'], { stdio: 'ignore' }).status === 0,
  user: isRoot,
};

/** Puts the running Node where the image's is: the user may not reach it where it is. */
export function installNode(image: Image): void {
  const directory = join(image.root, 'node');
  mkdirSync(directory, { recursive: true });
  cpSync(process.execPath, join(directory, 'node'));
  execFileSync('chmod', ['755', directory, join(directory, 'node')]);
}

export interface Container {
  readonly process: ChildProcess;
  /** Signals the program itself. */
  readonly kill: (signal: NodeJS.Signals) => void;
}

/**
 * Starts a program in the image as a cluster would: the image's user, variables and directory, no capabilities, nothing
 * of our environment, and a root file system that cannot be written.
 *
 * @param command of the image, such as `['worker']`; `entryPoint` is the image's own unless given
 */
export function start(
  image: Image,
  command: readonly string[],
  variables: Variables = {},
  entryPoint = JSON.parse(lastOf(image.stage, 'ENTRYPOINT')) as string[],
): Container {
  const [uid, gid] = lastOf(image.stage, 'USER').split(':');
  const identity = ['setpriv', '--reuid', String(uid), '--regid', String(gid), '--clear-groups', '--no-new-privs'];
  const nothing = ['--inh-caps=-all', '--bounding-set=-all'];
  const readOnly = ['unshare', ...NAMESPACES, 'sh', '-c', 'mount -o remount,bind,ro / && exec "$@"', 'sh'];
  const [program = '', ...args] = [
    ...(ISOLATION.namespaces ? readOnly : []),
    ...(ISOLATION.user ? [...identity, ...nothing] : []),
    ...entryPoint,
    ...command,
  ];
  const child = spawn(program, args, {
    cwd: image.workDirectory,
    env: {
      PATH: [join(image.root, 'node'), '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(':'),
      ...environmentOf(image.stage),
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return {
    process: child,
    kill: (signal) => {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      if (!ISOLATION.namespaces) child.kill(signal);
      else for (const pid of childrenOf(child.pid)) process.kill(pid, signal); // unshare itself passes none on
    },
  };
}

export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The same, to its end. */
export async function run(...args: Parameters<typeof start>): Promise<Result> {
  const child = start(...args).process;
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  return await new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (status) => {
      resolve({ status, stdout, stderr });
    });
  });
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}
