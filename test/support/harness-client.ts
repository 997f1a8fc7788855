import pg from 'pg';

/** Application name of the harness's connections, to tell them from connections that a test left open. */
export const HARNESS_NAME = 'test-harness';

/** Opens a connection for `work` and closes it afterwards. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: HARNESS_NAME,
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => undefined); // the same error rejects `work`
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
