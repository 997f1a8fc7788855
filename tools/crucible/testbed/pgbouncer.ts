import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../../../test/support/cluster/free-port.js';
import { guard, type Guard } from '../../../test/support/cluster/guard.js';
import { unprivilegedUser } from '../../../test/support/cluster/unprivileged-user.js';
import { until } from '../until.js';

const PROGRAMS = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/opt/homebrew/bin/pgbouncer'];
const START_MS = 10_000;

/** Settings of PgBouncer by name. */
type Settings = Readonly<Record<string, string | number>>;

/** A PgBouncer in front of the server, in transaction mode unless the settings say otherwise. */
export class PgBouncer {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #guard: Guard;

  private constructor(port: number, child: ChildProcess, directory: string) {
    this.port = port;
    this.#child = child;
    this.#guard = guard('kill -INT "$1"; rm -rf "$2"', [String(child.pid ?? 0), directory]);
  }

  /** @throws Error if it is not installed or does not start */
  static async start(workerUrl: string, others: Settings = {}): Promise<PgBouncer> {
    const program = PROGRAMS.find(existsSync);
    if (program === undefined) throw new Error('pgbouncer is not installed: apt-get install pgbouncer');
    const user = await unprivilegedUser();
    const directory = await mkdtemp('/tmp/crucible-pgbouncer-');
    const port = await freePort();
    const url = new URL(workerUrl);
    const users = join(directory, 'users.txt');
    const settings = join(directory, 'pgbouncer.ini');
    await writeFile(users, `"${url.username}" "${url.password}"\n`);
    await writeFile(
      settings,
      `[databases]
* = host=${url.hostname} port=${url.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
${linesOf({ pool_mode: 'transaction', max_client_conn: 200, default_pool_size: 20, server_login_retry: 1, ...others })}
`,
    );
    if (user !== undefined) for (const path of [directory, users, settings]) await chown(path, user.uid, user.gid);
    const child = spawn(program, ['-q', settings], { ...user, cwd: '/', stdio: 'ignore' });
    const bouncer = new PgBouncer(port, child, directory);
    if (await until(() => listens(port), START_MS)) return bouncer;
    await bouncer.stop();
    throw new Error('pgbouncer did not start');
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    await this.#guard.release();
    await ended;
  }
}

function linesOf(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}`)
    .join('\n');
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
