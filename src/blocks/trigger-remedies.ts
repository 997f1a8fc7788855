import type { Database } from '../postgres/database.js';
import { quoteColumn } from '../postgres/identifiers.js';
import { withFullNames } from '../postgres/full-names.js';
import type { BlocksTable } from './table.js';
import { restrictTriggers } from './trigger-sql.js';
import type { Trigger } from './trigger.js';

/**
 * What keeps triggers from firing on our own writes: each restricted to the columns of the text, or a session of ours that
 * fires none of them.
 */
export async function remediesFor(db: Database, table: BlocksTable, triggers: readonly Trigger[]): Promise<string> {
  return await withFullNames(db, async (tx) => {
    const oids = triggers.map(({ oid }) => oid);
    const restricted = await restrictTriggers(tx, table, oids);
    const [session] = await tx.query<{ role: string; database: string; isReplica: boolean }>(
      `SELECT session_user::text AS role, current_database()::text AS database,
       current_setting('session_replication_role') = 'replica' AS "isReplica"`,
    );
    const lines =
      restricted.length > 0
        ? restricted
        : [
            `let ${[...new Set(triggers.map(({ functionName }) => functionName))].join(', ')} leave alone what the worker writes`,
          ];
    // An ALWAYS trigger fires in a replica's session, too.
    const replicaHelps = session?.isReplica === false && triggers.every(({ always }) => !always);
    if (!replicaHelps) return lines.join('\n');
    return [
      ...lines,
      '-- or, where this role is the worker’s alone, once, as a superuser:',
      `ALTER ROLE ${quoteColumn(session.role)} IN DATABASE ${quoteColumn(session.database)} SET session_replication_role = replica;`,
    ].join('\n');
  });
}

/** Those that our own write of the two columns fires, as far as the catalogue tells. */
export function firedByUs(triggers: readonly Trigger[]): Trigger[] {
  return triggers.filter(({ firesForUs, coversOurColumns }) => firesForUs && coversOurColumns);
}
