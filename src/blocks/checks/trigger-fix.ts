import type { Database } from '../../postgres/database.js';
import { quoteColumn } from '../../postgres/identifiers.js';
import { withFullNames } from '../../postgres/full-names.js';
import type { Trigger } from '../sql/read-triggers.js';
import type { BlocksTable } from '../table.js';
import { restrictTriggers } from './trigger-sql.js';

/**
 * The SQL that stops triggers from firing on our own writes: either it restricts each to the columns of the text, or it
 * changes the setting of our sessions so that they fire no such trigger.
 */
export async function triggerFix(db: Database, table: BlocksTable, triggers: readonly Trigger[]): Promise<string> {
  return await withFullNames(db, async (tx) => {
    const oids = triggers.map(({ oid }) => oid);
    const restricted = await restrictTriggers(tx, table, oids);
    const [session] = await tx.query<{ role: string; database: string; isReplica: boolean }>(
      `SELECT session_user::text AS role, current_database()::text AS database,
       current_setting('session_replication_role') = 'replica' AS "isReplica"`,
    );
    const functions = [...new Set(triggers.map(({ functionName }) => functionName))];
    const lines = restricted.length > 0 ? restricted : [`change ${functions.join(', ')} to ignore the worker's writes`];
    // An ALWAYS trigger fires in a replica's session, too.
    const replicaHelps = session?.isReplica === false && triggers.every(({ firesAlways }) => !firesAlways);
    if (!replicaHelps) return lines.join('\n');
    return [
      ...lines,
      '-- or, if nothing but the worker uses this role, once, as a superuser:',
      `ALTER ROLE ${quoteColumn(session.role)} IN DATABASE ${quoteColumn(session.database)} SET session_replication_role = replica;`,
    ].join('\n');
  });
}

/** The triggers that our own write of the two columns fires, as far as the catalogue shows. */
export function firedByWorker(triggers: readonly Trigger[]): Trigger[] {
  return triggers.filter(({ firesForWorker, coversWrittenColumns }) => firesForWorker && coversWrittenColumns);
}
