import pg from 'pg';

/** By this the harness tells its own connections from those that a test has left open. */
export const HARNESS_NAME = 'test-harness';

/** Opens a connection for one piece of work of the harness. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: HARNESS_NAME,
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => undefined); // the same error rejects the work
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
