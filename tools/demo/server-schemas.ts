import { quoteColumn as quote } from '../../src/postgres/identifiers.js';
import type { Database } from '../../src/postgres/database.js';
import { ConfigurationError, WorkerError } from '../../src/base/errors.js';
import type { DemoSchemas } from './environment.js';
import { referenceSchema } from '../reference-schema.js';

/**
 * Creates the demo's schema on a server, with the reference tables and trigger. pg-boss creates the other schema.
 *
 * @returns whether this installed the pgvector extension
 * @throws ConfigurationError if the server has no pgvector, or the role may not create schemas
 */
export async function createSchemas(database: Database, schemas: DemoSchemas): Promise<boolean> {
  const { tables, trigger } = await referenceSchema();
  try {
    const { schema, isNew } = await vectorExtension(database);
    await database.transaction(async (tx) => {
      // SET LOCAL also works through a transaction pooler, and ends with the transaction.
      const path = `${quote(schemas.tables)}, ${quote(schema)}`;
      await tx.executeSql(`CREATE SCHEMA ${quote(schemas.tables)}; SET LOCAL search_path = ${path}`);
      await tx.executeSql(tables);
      await tx.executeSql(trigger);
    });
    return isNew;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== '42501') throw error;
    throw new ConfigurationError(
      'DEMO_PRIVILEGES',
      `PALDOCS_DATABASE_URL: this role may not create the demo's schema (${error.message}): GRANT CREATE ON DATABASE … TO the role, or give the URL of another server`,
      { cause: error },
    );
  }
}

/** @throws WorkerError with the SQL that drops what is left */
export async function dropSchemas(database: Database, schemas: DemoSchemas, dropExtension: boolean): Promise<void> {
  const sql = dropSql(schemas);
  try {
    await database.executeSql(sql);
  } catch (error) {
    throw new WorkerError('DEMO_NOT_DROPPED', `the demo's schemas could not be dropped; please run: ${sql}`, {
      cause: error,
    });
  }
  // This fails, and the extension stays, if another table has begun to use it.
  if (dropExtension) await database.executeSql('DROP EXTENSION vector').catch(() => undefined);
}

/** The statement that removes everything that the demo created. */
export function dropSql({ tables, queue }: DemoSchemas): string {
  return `DROP SCHEMA IF EXISTS ${quote(tables)}, ${quote(queue)} CASCADE`;
}

async function vectorExtension(database: Database): Promise<{ schema: string; isNew: boolean }> {
  const [row] = await database.query<{ installed: string | null; available: boolean }>(
    `SELECT (SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'vector') AS installed,
       EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') AS available`,
  );
  const installed = row?.installed ?? null;
  if (installed !== null) return { schema: installed, isNew: false };
  if (row?.available !== true) {
    throw new ConfigurationError(
      'SCHEMA_PGVECTOR',
      'PALDOCS_DATABASE_URL: the server has no pgvector: install its package there (https://github.com/pgvector/pgvector#installation), or leave the variable unset for the embedded database',
    );
  }
  await database.executeSql('CREATE EXTENSION vector SCHEMA public');
  return { schema: 'public', isNew: true };
}
