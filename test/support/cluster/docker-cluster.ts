import { randomBytes } from 'node:crypto';
import type { Cluster, ShutdownMode } from './cluster.js';
import { connectable } from './connectable.js';
import { freePort } from './free-port.js';
import { guard } from './guard.js';
import { NoServerError } from './no-server-error.js';
import { run } from './run.js';

const IMAGE = 'pgvector/pgvector:pg17';
/** The image may have to be pulled first. */
const PULL_TIMEOUT_MS = 300_000;
const PROBE_TIMEOUT_MS = 10_000;
const SIGNALS: Record<ShutdownMode, string> = { fast: 'INT', immediate: 'QUIT' };

/**
 * Starts pgvector's official image.
 *
 * @throws NoServerError if Docker does not run or the image is not available
 */
export async function startDockerCluster(): Promise<Cluster> {
  const docker = (args: string[], timeoutMs?: number) =>
    run('docker', args, timeoutMs === undefined ? {} : { timeoutMs });
  try {
    await docker(['version', '--format', '{{.Server.Version}}'], PROBE_TIMEOUT_MS);
  } catch {
    throw new NoServerError('Docker does not run');
  }
  const id = randomBytes(8).toString('hex');
  const name = `embedding-worker-${id}`;
  const password = randomBytes(16).toString('hex');
  const port = String(await freePort());
  const url = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
  const removal = guard('docker rm --force --volumes "$1"', [name]);
  const options = ['--detach', '--name', name, '-e', `POSTGRES_PASSWORD=${password}`, '-p', `127.0.0.1:${port}:5432`];
  const settings = ['-c', 'fsync=off', '-c', 'full_page_writes=off', '-c', 'max_connections=200'];
  try {
    await docker(['run', ...options, IMAGE, ...settings], PULL_TIMEOUT_MS);
  } catch (error) {
    await removal.release();
    const words = error instanceof Error ? error.message : String(error);
    throw new NoServerError(`Docker cannot run ${IMAGE}: ${words.replaceAll(/\s+/g, ' ')}`);
  }
  const halt = async (mode: ShutdownMode) => {
    await docker(['kill', '--signal', SIGNALS[mode], name]);
    await docker(['wait', name]);
  };
  const resume = async () => {
    await docker(['start', name]);
    await connectable(url);
  };
  try {
    await connectable(url);
  } catch (error) {
    await removal.release();
    throw error;
  }
  return {
    url,
    description: `PostgreSQL in Docker (${IMAGE})`,
    halt,
    resume,
    restart: async (mode: ShutdownMode) => {
      await halt(mode);
      await resume();
    },
    stop: () => removal.release(),
  };
}
