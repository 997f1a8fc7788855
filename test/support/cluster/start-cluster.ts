import { findBinaries } from './binaries.js';
import type { Cluster } from './cluster.js';
import { startDockerCluster } from './docker-cluster.js';
import { startLocalCluster } from './local-cluster.js';
import { NoServerError } from './no-server-error.js';

/**
 * Starts a temporary server: from local PostgreSQL binaries with pgvector, which takes about 2 s, or with Docker.
 *
 * @throws NoServerError if neither is possible, with the reason
 */
export async function startCluster(): Promise<Cluster> {
  const { binaries, reason } = await findBinaries();
  if (binaries !== undefined) return await startLocalCluster(binaries);
  try {
    return await startDockerCluster();
  } catch (error) {
    if (!(error instanceof NoServerError)) throw error;
    throw new NoServerError(`${reason}; ${error.message}`);
  }
}
