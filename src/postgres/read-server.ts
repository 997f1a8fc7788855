import type { Queryable } from './database.js';

export interface DatabaseServer {
  /** As the server reports it, such as `15.13 (Debian 15.13-0+deb12u1)`. */
  readonly version: string;
  /** 150013 for 15.13. */
  readonly versionNumber: number;
  readonly role: string;
  readonly database: string;
  /** A standby, or a database or role set to read only. */
  readonly readOnly: boolean;
}

/** The server behind the connection, and what our role is there. */
export async function readServer(db: Queryable): Promise<DatabaseServer> {
  const [row] = await db.query<DatabaseServer>(
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS "versionNumber",
       current_user::text AS role, current_database()::text AS database,
       pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS "readOnly"`,
  );
  if (row === undefined) throw new Error('SELECT returned no row');
  return row;
}
