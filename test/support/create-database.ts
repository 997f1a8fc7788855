import type { SchemaVariant } from './schema-variant.js';
import { runEnvironment } from './run-environment.js';
import type { Server } from './server.js';
import { TestDatabase } from './test-database.js';

const open = new Set<TestDatabase>();

/**
 * The server of this run. Only within `describeWithServer`.
 *
 * @throws Error if there is none
 */
export function requireServer(): Server {
  const { server } = runEnvironment();
  if (server === undefined) throw new Error('There is no server in this run: put the test into describeWithServer()');
  return server;
}

/**
 * Creates a database for the tests of a `describeWithServer`, which drops it at its end. Call it in a hook or a test.
 *
 * @param server default: the server of the run; otherwise one prepared with `prepareServer`
 */
export async function createDatabase(variant: SchemaVariant = {}, server = requireServer()): Promise<TestDatabase> {
  const database = await TestDatabase.create(server, variant);
  open.add(database);
  return database;
}

/**
 * Drops all databases that this test file created and did not drop.
 *
 * @throws Error with the connections that `TestDatabase.drop` found open
 */
export async function dropDatabases(): Promise<void> {
  const databases = [...open].filter((database) => !database.isDropped);
  open.clear();
  const results = await Promise.allSettled(databases.map((database) => database.drop()));
  const reasons = results.filter((result) => result.status === 'rejected').map((result) => String(result.reason));
  if (reasons.length > 0) throw new Error(reasons.join('\n'));
}
