import type { TableNames } from '../config.js';
import type { Database } from '../database/database.js';
import { inspectBlocks } from './inspect.js';
import { requirePrivileges } from './privileges.js';
import type { BlocksTable } from './table.js';
import { requireQuietWrites, requireTrigger } from './trigger.js';

/**
 * Proves that the database is what the worker needs: extension, tables, columns, privileges, and a trigger that speaks
 * of edits and not of our own writes.
 *
 * @throws ConfigurationError for the first thing that is not so, with what mends it
 */
export async function requireSchema(database: Database, names: TableNames): Promise<BlocksTable> {
  const table = await inspectBlocks(database, names);
  await requirePrivileges(database, names, table);
  await requireTrigger(database, names, table);
  await requireQuietWrites(database, names, table);
  database.useVectorType(table.vectorTypeOid);
  return table;
}
