import type { Database } from '../postgres/database.js';
import { inspectBlocks } from './inspect.js';
import { requirePrivileges } from './checks/privileges.js';
import { requireNoTriggerLoop } from './checks/trigger-loop.js';
import { requireNoForeignKeys } from './checks/replica-sessions.js';
import { requireStatuses } from './checks/statuses.js';
import { requireTrigger } from './checks/trigger.js';
import { requireAllRows } from './checks/row-security.js';
import type { BlocksTable, TableNames } from './table.js';

/**
 * Proves that the database is what the worker needs: extension, tables, columns, privileges, rows that it sees, columns
 * that take what it writes, and a trigger that tells of edits and not of our own writes.
 *
 * @throws ConfigurationError for the first thing that is not so, with what helps
 */
export async function requireSchema(database: Database, names: TableNames): Promise<BlocksTable> {
  const table = await inspectBlocks(database, names);
  await requirePrivileges(database, table);
  await requireAllRows(database, table);
  await requireTrigger(database, table);
  await requireStatuses(database, table);
  await requireNoForeignKeys(database, table);
  await requireNoTriggerLoop(database, table);
  database.useVectorType(table.vectorTypeOid);
  return table;
}
