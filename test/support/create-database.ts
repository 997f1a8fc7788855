import type { SchemaVariant } from './schema-variant.js';
import { runEnvironment } from './run-environment.js';
import type { Server } from './server.js';
import { TestDatabase } from './test-database.js';

const open = new Set<TestDatabase>();

/**
 * The server of this run.
 *
 * @throws Error where there is none: only to be called within `describeWithServer`
 */
export function requireServer(): Server {
  const { server } = runEnvironment();
  if (server === undefined) throw new Error('There is no server in this run: put the test into describeWithServer()');
  return server;
}

/**
 * A database for the tests of a `describeWithServer`, which drops it at its end. From `beforeAll` or a test.
 *
 * @param server another than the run's, such as a cluster of the test's own after `prepareServer`
 */
export async function createDatabase(variant: SchemaVariant = {}, server = requireServer()): Promise<TestDatabase> {
  const database = await TestDatabase.create(server, variant);
  open.add(database);
  return database;
}

/**
 * Drops all that were created in this test file and not dropped by it.
 *
 * @throws Error with what `TestDatabase.drop` found still open
 */
export async function dropDatabases(): Promise<void> {
  const databases = [...open].filter((database) => !database.isDropped);
  open.clear();
  const results = await Promise.allSettled(databases.map((database) => database.drop()));
  const reasons = results.filter((result) => result.status === 'rejected').map((result) => String(result.reason));
  if (reasons.length > 0) throw new Error(reasons.join('\n'));
}
