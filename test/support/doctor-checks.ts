import type { CheckContext, CheckResult } from '../../src/commands/doctor/check.js';
import { checksFor } from '../../src/commands/doctor/checks.js';
import { runChecks } from '../../src/commands/doctor/run-checks.js';
import { loadConfig } from '../../src/config/config.js';
import { embeddingServer } from '../../src/config/embedding-server.js';
import { Postgres } from '../../src/postgres/postgres.js';
import { openProvider } from '../../src/embedder/open-provider.js';
import { createLogger } from '../../src/telemetry/logger.js';

/** Runs the checks of `doctor` with these names in this process, in the order of `doctor`. */
export async function runDoctorChecks(
  environment: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Promise<CheckResult[]> {
  const config = loadConfig({ ...environment });
  const { databaseUrl: url, listenDatabaseUrl: sessionUrl } = config;
  const database = new Postgres({ url, sessionUrl, applicationName: 'test', poolSize: 2 });
  const provider = openProvider({ ...embeddingServer(config), timeoutMs: 10_000, connections: 1 });
  const context: CheckContext = {
    config,
    database,
    provider,
    log: createLogger({ level: 'error', readable: false, colour: false }),
    facts: {},
    signal: new AbortController().signal,
  };
  try {
    const checks = checksFor(config.provider).filter(({ name }) => names.includes(name));
    return await runChecks(checks, context, () => Promise.resolve());
  } finally {
    provider.close();
    await database.close();
  }
}
