import type { Cluster } from './cluster/cluster.js';
import { NoServerError } from './cluster/no-server-error.js';
import { startCluster } from './cluster/start-cluster.js';
import { publishRunEnvironment } from './run-environment.js';
import { discardServer, prepareServer } from './server.js';

type Print = (line: string) => void;

interface OpenServerOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly start?: () => Promise<Cluster>;
  readonly print?: Print;
}

/**
 * Finds the server of a test run: the one in `TEST_DATABASE_URL`, or a new one. If there is none, it prints one line, and the
 * tests that need one are skipped.
 *
 * @returns the function that closes it
 * @throws Error if `CI` is set and there is none, or if the tests cannot use the one in `TEST_DATABASE_URL`
 */
export async function openServer({
  env = process.env,
  start = startCluster,
  print = (line: string) => void process.stderr.write(`${line}\n`),
}: OpenServerOptions = {}): Promise<() => Promise<void>> {
  const url = env['TEST_DATABASE_URL'];
  if (url !== undefined && url !== '') return await useServer(url, print);
  let cluster: Cluster;
  try {
    cluster = await start();
  } catch (error) {
    if (!(error instanceof NoServerError)) throw error;
    const what = `No PostgreSQL with pgvector to test on: TEST_DATABASE_URL is not set; ${error.message}`;
    if (isSet(env['CI'])) throw new Error(`${what}. With CI set, the tests that need one must run.`, { cause: error });
    print(`${what}. The tests that need one are skipped.`);
    publishRunEnvironment({ server: undefined, canStartClusters: false });
    return () => Promise.resolve();
  }
  try {
    const server = await prepareServer(cluster.url, cluster.description);
    publishRunEnvironment({ server, canStartClusters: true });
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  print(`Testing on ${cluster.description}.`);
  return () => cluster.stop();
}

async function useServer(url: string, print: Print): Promise<() => Promise<void>> {
  let server;
  try {
    server = await prepareServer(url, 'the server of TEST_DATABASE_URL');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`TEST_DATABASE_URL: tests cannot use this server: ${reason}`, { cause: error });
  }
  publishRunEnvironment({ server, canStartClusters: await canStartClusters() });
  print(`Testing on ${server.description}.`);
  return () => discardServer(server);
}

/** Tries it, which is the only reliable way to know. */
async function canStartClusters(): Promise<boolean> {
  try {
    await (await startCluster()).stop();
    return true;
  } catch {
    return false;
  }
}

function isSet(variable: string | undefined): boolean {
  return variable !== undefined && !['', '0', 'false'].includes(variable.toLowerCase());
}
