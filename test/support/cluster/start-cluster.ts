import { findBinaries } from './binaries.js';
import type { Cluster } from './cluster.js';
import { startDockerCluster } from './docker-cluster.js';
import { startLocalCluster } from './local-cluster.js';
import { NoServerError } from './no-server-error.js';

/**
 * Starts a throw-away server: from local PostgreSQL binaries with pgvector, else with Docker. About 2 s from binaries.
 *
 * @throws NoServerError where neither can be had, saying why
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
