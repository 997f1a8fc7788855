import { embeddingServer } from '../../../config/embedding-server.js';
import { errorCode } from '../../../base/errors.js';
import { failed, type CheckContext, type Finding } from '../check.js';
import { withTimeout } from '../../../base/with-timeout.js';

const TIMEOUT_MS = 5_000;

export interface Reached {
  readonly where: string;
  readonly version: string | null;
}

/**
 * Asks the embedding server for its version.
 *
 * @param fix for a server that does not answer
 * @returns a failed finding if it does not answer
 * @throws WorkerError if it answers with an error
 */
export async function reach({ config, provider, signal }: CheckContext, fix: string): Promise<Reached | Finding> {
  const { host, pathname } = new URL(embeddingServer(config).url); // without credentials
  const where = `${host}${pathname}`.replace(/\/$/, '');
  try {
    const version = await withTimeout(TIMEOUT_MS, signal, (limit) => provider.version(limit));
    return version === undefined
      ? failed(`${where} did not answer within ${TIMEOUT_MS / 1000} s`, fix)
      : { where, version };
  } catch (error) {
    if (errorCode(error) !== provider.dialect.codes.unreachable) throw error;
    return failed(`${where}: ${(error as Error).message}`, fix);
  }
}
