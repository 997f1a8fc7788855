import type { TableNames } from '../config.js';
import { quoteTable } from '../database/identifiers.js';
import type { Database, Queryable } from '../database/database.js';
import { rolledBack } from '../database/rolled-back.js';
import { ConfigurationError } from '../errors.js';
import { findStatus } from './find-status.js';
import { lockAnyBlock } from './lock-any.js';
import type { BlocksTable } from './table.js';

/** The channel the API's trigger notifies. */
export const CHANNEL = 'embedding_queue';

export interface Trigger {
  readonly name: string;
  readonly enabled: boolean;
  readonly onInsert: boolean;
  readonly onUpdate: boolean;
  /** Whether its function's source names our channel; one that calls another function may not. */
  readonly notifies: boolean;
  /** Whether an update of our two columns alone can fire it, as far as the catalogue tells. */
  readonly coversOurColumns: boolean;
}

/** The triggers of the API on the blocks table, as the catalogue knows them. tgtype's bits: pg_trigger.h. */
export async function readTriggers(db: Queryable, names: TableNames): Promise<Trigger[]> {
  return await db.query<Trigger>(
    `SELECT t.tgname AS name, t.tgenabled IN ('O', 'A') AS enabled,
       t.tgtype & 4 <> 0 AS "onInsert", t.tgtype & 16 <> 0 AS "onUpdate",
       p.prosrc LIKE '%' || $2 || '%' AS notifies,
       t.tgtype & 16 <> 0 AND (cardinality(t.tgattr::int2[]) = 0 OR EXISTS (
         SELECT FROM pg_attribute a WHERE a.attrelid = t.tgrelid AND a.attnum = ANY (t.tgattr::int2[])
            AND a.attname IN ('embedding', 'embedding_status'))) AS "coversOurColumns"
  FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
 WHERE t.tgrelid = to_regclass($1) AND NOT t.tgisinternal
 ORDER BY t.tgname`,
    [quoteTable(names.blocksTable), CHANNEL],
  );
}

/**
 * Checks that the API's trigger is there, enabled, and speaks on inserts and updates.
 *
 * @throws ConfigurationError saying what is missing and the SQL that mends it
 */
export async function requireTrigger(db: Queryable, names: TableNames, table: BlocksTable): Promise<void> {
  const triggers = await readTriggers(db, names);
  const ours = triggers.filter((trigger) => trigger.notifies);
  // A trigger whose function calls the one that notifies cannot be recognised; it gets the benefit of the doubt.
  const candidates = ours.length > 0 ? ours : triggers;
  const disabled = candidates.find((trigger) => !trigger.enabled);
  for (const [event, speaks] of [
    ['INSERT', candidates.some((trigger) => trigger.enabled && trigger.onInsert)],
    ['UPDATE', candidates.some((trigger) => trigger.enabled && trigger.onUpdate)],
  ] as const) {
    if (speaks) continue;
    throw new ConfigurationError(
      'SCHEMA_TRIGGER',
      disabled !== undefined
        ? `the trigger "${disabled.name}" on ${names.blocksTable} is disabled: ALTER TABLE ${table.blocks} ENABLE TRIGGER "${disabled.name}"`
        : `no trigger on ${names.blocksTable} notifies ${CHANNEL} after ${event}: nothing would tell the worker of an edit. Run the API's migration (phase 6b); migrations-noop/trigger.sql shows what is expected`,
    );
  }
}

/**
 * Proves, by a write that is rolled back, that our own write of the two columns leaves the status as we wrote it. A
 * trigger that fires on it would set `pending` again, and every stored vector would ask for the next one, for ever.
 * On a table without rows there is nothing to try; the bridge then watches for notifications that we cause.
 *
 * @throws ConfigurationError naming the trigger to mend
 */
export async function requireQuietWrites(db: Database, names: TableNames, table: BlocksTable): Promise<void> {
  const fired = await rolledBack(db, async (tx) => {
    const id = await lockAnyBlock(tx, table);
    if (id === undefined) return false;
    await tx.query('SET CONSTRAINTS ALL IMMEDIATE'); // deferred triggers would wait for a COMMIT that never comes
    for (const status of ['processing', 'completed']) {
      await tx.query(
        `UPDATE ${table.blocks} SET embedding = $2::text::${table.vectorType}, embedding_status = '${status}'
 WHERE ${table.id} = $1::text::${table.idType}`,
        [id, `[${new Array(table.dimensions).fill(1).join(',')}]`],
      );
      // Read apart: RETURNING answers before AFTER triggers have fired.
      const [written] = await findStatus(tx, table, [id]);
      if (written?.status !== status) return true;
    }
    return false;
  });
  if (!fired) return;
  const suspects = (await readTriggers(db, names)).filter((trigger) => trigger.enabled && trigger.coversOurColumns);
  throw new ConfigurationError(
    'SCHEMA_TRIGGER_LOOP',
    `the worker's own write of embedding and embedding_status fires the trigger ${suspects.map(({ name }) => `"${name}"`).join(' or ')} on ${names.blocksTable}, which sets the block pending again: every stored vector would ask for the next, for ever. Restrict it to the columns of the text: CREATE TRIGGER … BEFORE UPDATE OF ${names.blocksType}, ${names.blocksContent} ON ${table.blocks} …`,
  );
}
