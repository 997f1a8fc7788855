import type { Database, Queryable } from '../postgres/database.js';
import { isEnvironmental, reactionTo } from '../postgres/sqlstate.js';
import { rolledBack } from '../postgres/rolled-back.js';
import { fingerprintSql } from './fingerprint.js';
import { inspectBlocks } from './inspect.js';
import { someVector } from './sql/our-columns.js';
import { requirePrivileges } from './checks/privileges.js';
import { requireAllRows } from './checks/row-security.js';
import type { BlocksTable, TableNames } from './table.js';

/**
 * Proves that what was fine at start is so still: tables, columns, privileges, and that a block can be read and written
 * now. It costs a few row versions, where `requireSchema` tries every write on many blocks.
 *
 * @returns the tables as they are now
 * @throws ConfigurationError with what helps, or the database's error where it cannot be worked with
 */
export async function requireUsable(db: Database, names: TableNames): Promise<BlocksTable> {
  const table = await inspectBlocks(db, names);
  await requirePrivileges(db, table);
  await requireAllRows(db, table);
  try {
    await trySome(db, table);
  } catch (error) {
    // What a trigger or constraint says of this block is its own matter.
    if (reactionTo(error) !== 'split' || isEnvironmental(error)) throw error;
  }
  db.useVectorType(table.vectorTypeOid);
  return table;
}

/** Of so many rows, some that are completed are tried: they were written before. */
const MOST_ROWS = 10_000;

/**
 * Reads and writes one block that nobody has locked, as claim and store do. What holds all work may be what a trigger says of
 * one block, as where its function lacks a privilege: then another one is tried. In any order, since what takes too long
 * is not tried on another one at once.
 *
 * @throws what the first one met, where none can be written
 */
async function trySome(db: Database, table: BlocksTable): Promise<void> {
  await rolledBack(db, async (tx) => {
    const refusals: unknown[] = [];
    let tried = 0;
    for (const { id } of await findSome(tx, table)) {
      await tx.query('SAVEPOINT block');
      try {
        if (!(await lock(tx, table, id))) continue;
        tried += 1;
        await tryOne(tx, table, id);
        return;
      } catch (error) {
        if (reactionTo(error) !== 'hold') throw error;
        refusals.push(error);
        await tx.query('ROLLBACK TO SAVEPOINT block');
      }
    }
    if (refusals.length > 0) throw refusals[0];
    if (tried === 0) await tryOne(tx, table, null); // takes the same privileges, and the same locks on the tables
  });
}

async function findSome(tx: Queryable, table: BlocksTable): Promise<{ id: string }[]> {
  const { blocks, id } = table;
  return await tx.query<{ id: string }>(
    `SELECT found.id FROM (
  (SELECT b.${id}::text FROM ${blocks} b LIMIT 1)
  UNION (SELECT b.${id}::text FROM ${blocks} b ORDER BY b.${id} DESC LIMIT 1)
  UNION (SELECT b.${id}::text FROM (SELECT ${id}, ${table.status} FROM ${blocks} LIMIT $1) b
          WHERE b.${table.status} = 'completed' LIMIT 2)
) AS found (id) ORDER BY random()`,
    [MOST_ROWS],
  );
}

async function lock(tx: Queryable, table: BlocksTable, id: string): Promise<boolean> {
  const rows = await tx.query(
    `SELECT FROM ${table.blocks} WHERE ${table.id} = $1::text::${table.idType} FOR NO KEY UPDATE SKIP LOCKED`,
    [id],
  );
  return rows.length > 0;
}

async function tryOne(tx: Queryable, table: BlocksTable, id: string | null): Promise<void> {
  await tx.query(
    `SELECT ${fingerprintSql(table)} FROM ${table.blocks} b WHERE b.${table.id} = $1::text::${table.idType}`,
    [id],
  );
  await tx.query(
    `UPDATE ${table.blocks} SET ${table.status} = 'processing' WHERE ${table.id} = $1::text::${table.idType}`,
    [id],
  );
  await tx.query(
    `UPDATE ${table.blocks} SET ${table.embedding} = $2::text::${table.vectorType}, ${table.status} = 'completed'
 WHERE ${table.id} = $1::text::${table.idType}`,
    [id, someVector(table)],
  );
}
