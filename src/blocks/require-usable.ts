import type { TableNames } from '../config.js';
import type { Database } from '../database/database.js';
import { isEnvironmental, reactionTo } from '../database/faults.js';
import { rolledBack } from '../database/rolled-back.js';
import { fingerprintSql } from './fingerprint.js';
import { inspectBlocks } from './inspect.js';
import { someVector } from './our-columns.js';
import { requirePrivileges } from './privileges.js';
import { requireAllRows } from './row-security.js';
import type { BlocksTable } from './table.js';

/**
 * Proves that what was fine at start is so still: tables, columns, privileges, and that a block can be read and written
 * now. It costs two row versions, where `requireSchema` tries every write on many blocks.
 *
 * @returns the tables as they are now
 * @throws ConfigurationError with what helps, or the database's error where it cannot be worked with
 */
export async function requireUsable(db: Database, names: TableNames): Promise<BlocksTable> {
  const table = await inspectBlocks(db, names);
  await requirePrivileges(db, table);
  await requireAllRows(db, table);
  try {
    await tryOne(db, table);
  } catch (error) {
    // What a trigger or constraint says of this block is its own matter.
    if (reactionTo(error) !== 'split' || isEnvironmental(error)) throw error;
  }
  db.useVectorType(table.vectorTypeOid);
  return table;
}

/** Reads and writes some block that nobody has locked, as claim and store do. */
async function tryOne(db: Database, table: BlocksTable): Promise<void> {
  await rolledBack(db, async (tx) => {
    const [block] = await tx.query<{ id: string }>(
      `SELECT ${table.id}::text AS id FROM ${table.blocks} LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED`,
    );
    const id = block?.id ?? null;
    await tx.query(
      `SELECT ${fingerprintSql(table)} FROM ${table.blocks} b WHERE b.${table.id} = $1::text::${table.idType}`,
      [id],
    );
    await tx.query(
      `UPDATE ${table.blocks} SET embedding_status = 'processing' WHERE ${table.id} = $1::text::${table.idType}`,
      [id],
    );
    await tx.query(
      `UPDATE ${table.blocks} SET embedding = $2::text::${table.vectorType}, embedding_status = 'completed'
 WHERE ${table.id} = $1::text::${table.idType}`,
      [id, someVector(table)],
    );
  });
}
