import { randomBytes } from 'node:crypto';
import { referenceSchema } from '../../tools/reference-schema.js';
import { withClient } from './harness-client.js';

/** A PostgreSQL server with a database to clone those of the test files from. */
export interface Server {
  /** To a database from which others may be created, as a user who may. */
  readonly url: string;
  /** What it is, for people. */
  readonly description: string;
  /** The name of the database that holds the reference schema and trigger. Nobody connects to it. */
  readonly template: string;
}

/**
 * Makes a server ready for `createDatabase`. Runs of others on the same server are not in the way.
 *
 * @throws the driver's error where the server cannot be reached, has no pgvector, or does not let us
 */
export async function prepareServer(url: string, description: string): Promise<Server> {
  const template = `embedding_worker_${randomBytes(4).toString('hex')}_template`;
  const { tables, trigger } = await referenceSchema();
  await withClient(url, (client) => client.query(`CREATE DATABASE ${template}`));
  const server = { url, description, template };
  try {
    await withClient(databaseUrl(server, template), async (client) => {
      await client.query(tables);
      await client.query(trigger);
    });
  } catch (error) {
    await discardServer(server);
    throw error;
  }
  return server;
}

/** Undoes `prepareServer`; for a server that stays. */
export async function discardServer(server: Server): Promise<void> {
  await withClient(server.url, (client) => client.query(`DROP DATABASE IF EXISTS ${server.template}`));
}

export function databaseUrl(server: Server, database: string): string {
  const url = new URL(server.url);
  url.pathname = `/${database}`;
  return url.href;
}
