import { quoteColumn } from '../postgres/identifiers.js';
import type { Queryable } from '../postgres/database.js';
import { ConfigurationError } from '../base/errors.js';
import { readQueuePrivileges, type QueuePrivileges } from './sql/read-queue-privileges.js';

/**
 * Checks that the role may create pg-boss's schema, or use an existing one.
 *
 * @throws ConfigurationError with the missing GRANTs
 */
export async function requireQueuePrivileges(db: Queryable, schema: string): Promise<QueuePrivileges> {
  const privileges = await readQueuePrivileges(db, schema);
  const { role, database, exists, installed, mayCreate, mayCreateIn, mayUse, missing } = privileges;
  const refuse = (what: string, ...grants: string[]) => {
    const fix = grants.map((grant) => `GRANT ${grant} TO ${quoteColumn(role)};`).join('\n');
    throw new ConfigurationError('QUEUE_PRIVILEGE', `the role ${role} may not ${what}`, { fix });
  };
  const quoted = quoteColumn(schema);
  if (!exists && !mayCreate) {
    refuse(`create the schema ${schema}, which holds the queue`, `CREATE ON DATABASE ${quoteColumn(database)}`);
  }
  if (exists && !installed && !(mayUse && mayCreateIn)) {
    refuse(`create pg-boss's tables in the schema ${schema}`, `USAGE, CREATE ON SCHEMA ${quoted}`);
  }
  if (installed && !(mayUse && missing.length === 0)) {
    const tables = missing.map(({ table }) => table).join(', ');
    refuse(
      `use the schema ${schema}${mayUse ? `: its tables ${tables}` : ''}`,
      ...(mayUse ? [] : [`USAGE ON SCHEMA ${quoted}`]),
      ...missing.map(({ table, privileges: lacking }) => `${lacking.join(', ')} ON ${quoted}.${quoteColumn(table)}`),
    );
  }
  return privileges;
}
