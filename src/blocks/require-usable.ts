import type { Database, Queryable } from '../postgres/database.js';
import { isEnvironmental, reactionTo } from '../postgres/sqlstate.js';
import { rolledBack } from '../postgres/rolled-back.js';
import { withContext } from './context/outline.js';
import { fingerprintSql } from './fingerprint.js';
import { lockBlocks } from './sql/lock.js';
import { inspectBlocks } from './inspect.js';
import { requirePrivileges } from './checks/privileges.js';
import { requireAllRowsVisible } from './checks/row-security.js';
import type { BlocksTable, TableNames } from './table.js';
import { sampleVector } from './sample-vector.js';

/**
 * Proves while the worker runs that tables, columns and privileges are as needed and that a block can be read and written.
 * It costs a few row versions, while `requireSchema` tries every write on several blocks.
 *
 * @returns the tables as they are now
 * @throws ConfigurationError with the fix, or the database's error if no block can be read and written
 */
export async function requireUsable(db: Database, names: TableNames): Promise<BlocksTable> {
  const table = await inspectBlocks(db, names);
  await requirePrivileges(db, table);
  await requireAllRowsVisible(db, table);
  try {
    await tryOneOfSeveral(db, table);
  } catch (error) {
    // A trigger or constraint that rejects this block concerns only this block.
    if (reactionTo(error) !== 'split' || isEnvironmental(error)) throw error;
  }
  return table;
}

/** The rows searched for completed blocks, which have accepted our writes before. */
const ROWS_TO_SCAN = 10_000;

/**
 * Reads and writes one unlocked block as claim and store do. An error that would pause the worker may come from a trigger and
 * concern one block, for example a function that lacks a privilege: then the next block is tried. The order is random: a
 * timeout ends the check, and the next check should start with another block.
 *
 * @throws the first error if no block can be written
 */
async function tryOneOfSeveral(db: Database, table: BlocksTable): Promise<void> {
  await rolledBack(db, async (tx) => {
    const errors: unknown[] = [];
    let tried = 0;
    for (const { id } of await findCandidates(tx, table)) {
      await tx.query('SAVEPOINT block');
      try {
        if ((await lockBlocks(tx, table, [id])).length === 0) continue;
        tried += 1;
        await readAndWrite(tx, table, id);
        return;
      } catch (error) {
        if (reactionTo(error) !== 'hold') throw error;
        errors.push(error);
        await tx.query('ROLLBACK TO SAVEPOINT block');
      }
    }
    if (errors.length > 0) throw errors[0];
    if (tried === 0) await readAndWrite(tx, table, null); // needs the same privileges and the same locks on the tables
  });
}

async function findCandidates(tx: Queryable, table: BlocksTable): Promise<{ id: string }[]> {
  const { blocks, id } = table;
  return await tx.query<{ id: string }>(
    `SELECT found.id FROM (
  (SELECT b.${id}::text FROM ${blocks} b LIMIT 1)
  UNION (SELECT b.${id}::text FROM ${blocks} b ORDER BY b.${id} DESC LIMIT 1)
  UNION (SELECT b.${id}::text FROM (SELECT ${id}, ${table.status} FROM ${blocks} LIMIT $1) b
          WHERE b.${table.status} = 'completed' LIMIT 2)
) AS found (id) ORDER BY random()`,
    [ROWS_TO_SCAN],
  );
}

async function readAndWrite(tx: Queryable, table: BlocksTable, id: string | null): Promise<void> {
  await tx.query(
    `${withContext(table, `ARRAY[$1::text::${table.idType}]`)}SELECT ${fingerprintSql(table)} FROM ${table.blocks} b WHERE b.${table.id} = $1::text::${table.idType}`,
    [id],
  );
  await tx.query(
    `UPDATE ${table.blocks} SET ${table.status} = 'processing' WHERE ${table.id} = $1::text::${table.idType}`,
    [id],
  );
  await tx.query(
    `UPDATE ${table.blocks} SET ${table.embedding} = $2::text::${table.vectorType}, ${table.status} = 'completed'
 WHERE ${table.id} = $1::text::${table.idType}`,
    [id, sampleVector(table)],
  );
}
