import { randomBytes } from 'node:crypto';
import { appendFile, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Binaries } from './binaries.js';
import type { Cluster, ShutdownMode } from './cluster.js';
import { freePort } from './free-port.js';
import { guard } from './guard.js';
import { run } from './run.js';
import { unprivilegedUser, type User } from './unprivileged-user.js';

/** Another process may take the free port before the server does. */
const START_ATTEMPTS = 3;

/** The second attempt is for a server that was just starting. */
const CLEAN_UP = 'for i in 1 2; do "$1/pg_ctl" -D "$2/data" -m immediate stop; rm -rf "$2" && break; sleep 1; done';

/** Creates a cluster in a temporary directory, on a free port of 127.0.0.1. Also works as root. */
export async function startLocalCluster(binaries: Binaries): Promise<Cluster> {
  const user = await unprivilegedUser();
  // Root's temporary directory may be inaccessible to others. /tmp is also short: the path of a socket has a limit.
  const directory = await mkdtemp(join(user === undefined ? tmpdir() : '/tmp', 'embedding-worker-'));
  if (user !== undefined) await chown(directory, user.uid, user.gid);
  const removal = guard(CLEAN_UP, [binaries.directory, directory], user);
  const data = join(directory, 'data');
  const program = (name: string, args: string[]) => run(join(binaries.directory, name), args, user);
  const log = join(directory, 'log');
  const control = (action: string, ...args: string[]) => program('pg_ctl', [action, '-D', data, '-l', log, ...args]);

  try {
    const password = randomBytes(16).toString('hex');
    await initialise(directory, password, user, program);
    const port = await startOnFreePort(data, directory, () => control('start'));
    return {
      url: `postgresql://postgres:${password}@127.0.0.1:${String(port)}/postgres`,
      description: `PostgreSQL ${binaries.version} from ${binaries.directory}`,
      restart: async (mode: ShutdownMode) => {
        await control('restart', '-m', mode);
      },
      halt: async (mode: ShutdownMode) => {
        await program('pg_ctl', ['stop', '-D', data, '-m', mode]);
      },
      resume: async () => {
        await control('start');
      },
      stop: () => removal.release(),
    };
  } catch (error) {
    const words = await readFile(log, 'utf8').catch(() => '');
    await removal.release();
    throw words === '' ? error : new Error(`PostgreSQL did not start:\n${words}`, { cause: error });
  }
}

async function initialise(
  directory: string,
  password: string,
  user: User | undefined,
  program: (name: string, args: string[]) => Promise<string>,
): Promise<void> {
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user !== undefined) await chown(passwordFile, user.uid, user.gid);
  const args = ['-D', join(directory, 'data'), '-U', 'postgres', `--pwfile=${passwordFile}`, '-A', 'scram-sha-256'];
  await program('initdb', [...args, '-E', 'UTF8', '--no-locale', '--no-sync']);
  await rm(passwordFile);
}

async function startOnFreePort(data: string, directory: string, start: () => Promise<unknown>): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    // The last value of a setting applies.
    await appendFile(join(data, 'postgresql.conf'), settings(port, directory));
    try {
      await start();
      return port;
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
}

// synchronous_commit stays on: without it an immediate shutdown would lose commits.
function settings(port: number, directory: string): string {
  return `
listen_addresses = '127.0.0.1'
port = ${String(port)}
unix_socket_directories = '${directory}'
max_connections = 200
fsync = off
full_page_writes = off
timezone = 'UTC'
log_line_prefix = '%m [%p] %q%a %d '
`;
}
