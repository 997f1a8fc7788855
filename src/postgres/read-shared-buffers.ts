import type { Queryable } from './database.js';

/** How much the server's buffers hold, in bytes. */
export async function readSharedBuffers(db: Queryable): Promise<number> {
  const [row] = await db.query<{ bytes: number }>(
    `SELECT setting::float8 * current_setting('block_size')::int AS bytes FROM pg_settings WHERE name = 'shared_buffers'`,
  );
  if (row === undefined) throw new Error('SELECT returned no row');
  return row.bytes;
}
