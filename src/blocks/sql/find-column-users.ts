import type { Queryable } from '../../postgres/database.js';

/** A session of another queue's worker. */
export interface ColumnUser {
  /** The key of the column that it uses. */
  readonly key: string;
  readonly applicationName: string;
}

/**
 * The sessions that hold `lockColumns` for another queue. Every role may read pg_locks and application_name.
 *
 * The hash of another program's lock may be the same, so only our own sessions count.
 *
 * @param namePrefix with what the application_name of our sessions begins
 */
export async function findColumnUsers(
  db: Queryable,
  keys: readonly string[],
  queue: string,
  namePrefix: string,
): Promise<ColumnUser[]> {
  return await db.query<ColumnUser>(
    `SELECT DISTINCT column_key.key, a.application_name AS "applicationName"
  FROM unnest($1::text[]) AS column_key (key)
  JOIN pg_locks l ON l.classid::bigint = hashtext(column_key.key)::bigint & 4294967295
  JOIN pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND l.objid::bigint <> hashtext($2)::bigint & 4294967295
   AND starts_with(a.application_name, $3)
 ORDER BY 1, 2`,
    [keys, queue, namePrefix],
  );
}
