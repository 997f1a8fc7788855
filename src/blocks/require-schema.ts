import type { Database } from '../postgres/database.js';
import { inspectBlocks } from './inspect.js';
import { requirePrivileges } from './checks/privileges.js';
import { requireNoTriggerLoop } from './checks/trigger-loop.js';
import { requireNoForeignKeys } from './checks/replica-sessions.js';
import { requireStatuses } from './checks/statuses.js';
import { requireTrigger } from './checks/trigger.js';
import { requireAllRowsVisible } from './checks/row-security.js';
import type { BlocksTable, TableNames } from './table.js';

/**
 * Proves at start that the database has what the worker needs: the extension, tables, columns and privileges, access to all
 * rows, columns that accept what we write, and a trigger that notifies us of edits but not of our own writes.
 *
 * @throws ConfigurationError for the first check that fails, with the fix
 */
export async function requireSchema(database: Database, names: TableNames): Promise<BlocksTable> {
  const table = await inspectBlocks(database, names);
  await requirePrivileges(database, table);
  await requireAllRowsVisible(database, table);
  await requireTrigger(database, table);
  await requireStatuses(database, table);
  await requireNoForeignKeys(database, table);
  await requireNoTriggerLoop(database, table);
  database.useVectorType(table.vectorTypeOid);
  return table;
}
