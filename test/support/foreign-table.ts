import type { TestDatabase } from './test-database.js';

/**
 * Adds the rows of another table of the database to the blocks, as those of a foreign table that inherits from them:
 * postgres_fdw, which comes with PostgreSQL, connects to the server itself. A foreign partition of a table with a primary
 * key is impossible.
 */
export async function inheritForeign(db: TestDatabase, table: string): Promise<void> {
  const { username, password } = new URL(db.url);
  await db.query('CREATE EXTENSION postgres_fdw');
  const [server] = await db.query<{ directory: string; port: string }>(
    `SELECT split_part(current_setting('unix_socket_directories'), ',', 1) AS directory, current_setting('port') AS port`,
  );
  await db.query(
    `CREATE SERVER itself FOREIGN DATA WRAPPER postgres_fdw
       OPTIONS (host '${server?.directory ?? ''}', port '${server?.port ?? ''}', dbname '${db.name}')`,
  );
  await db.query(
    `CREATE USER MAPPING FOR CURRENT_USER SERVER itself
       OPTIONS (user '${decodeURIComponent(username)}', password '${decodeURIComponent(password)}')`,
  );
  await db.query(
    `CREATE FOREIGN TABLE foreign_${table} () INHERITS (blocks) SERVER itself OPTIONS (table_name '${table}')`,
  );
}
