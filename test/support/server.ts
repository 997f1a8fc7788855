import { randomBytes } from 'node:crypto';
import { referenceSchema } from '../../tools/reference-schema.js';
import { withClient } from './harness-client.js';

/** A PostgreSQL server with a template for the databases of the tests. */
export interface Server {
  /** URL of a database, as a user who may create databases. */
  readonly url: string;
  /** Shown to the user. */
  readonly description: string;
  /** Name of the database with the reference schema and trigger. Nothing connects to it. */
  readonly template: string;
}

/**
 * Prepares a server for `createDatabase`. Several test runs can use the same server.
 *
 * @throws the driver's error if the server is unreachable, has no pgvector, or lacks a privilege
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

/** Undoes `prepareServer`, for a server that keeps running. */
export async function discardServer(server: Server): Promise<void> {
  await withClient(server.url, (client) => client.query(`DROP DATABASE IF EXISTS ${server.template}`));
}

export function databaseUrl(server: Server, database: string): string {
  const url = new URL(server.url);
  url.pathname = `/${database}`;
  return url.href;
}
