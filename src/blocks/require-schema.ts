import type { Database } from '../postgres/database.js';
import { requireNoteIndex } from './checks/note-index.js';
import { requirePrivileges } from './checks/privileges.js';
import { requireNoTriggerLoop } from './checks/trigger-loop.js';
import { requireNoForeignKeys } from './checks/replica-sessions.js';
import { requireStatuses } from './checks/statuses.js';
import { requireTrigger } from './checks/trigger.js';
import { requireAllRowsVisible } from './checks/row-security.js';
import type { BlocksTable } from './table.js';

/**
 * Proves at start that the tables are as the worker needs them: privileges, access to all rows, the index that
 * paths need, columns that accept what we
 * write, and a trigger that notifies us of edits but not of our own writes.
 *
 * @throws ConfigurationError for the first check that fails, with the fix
 */
export async function requireSchema(database: Database, table: BlocksTable): Promise<void> {
  await requirePrivileges(database, table);
  await requireAllRowsVisible(database, table);
  await requireNoteIndex(database, table);
  await requireTrigger(database, table);
  await requireStatuses(database, table);
  await requireNoForeignKeys(database, table);
  await requireNoTriggerLoop(database, table);
}
