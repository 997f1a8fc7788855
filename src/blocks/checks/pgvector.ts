import type { Queryable } from '../../postgres/database.js';
import { readExtension } from '../../postgres/read-extension.js';
import { ConfigurationError } from '../../base/errors.js';

/**
 * Checks that the database has pgvector.
 *
 * @returns its version
 * @throws ConfigurationError that says whether the server has it
 */
export async function requirePgvector(db: Queryable): Promise<string> {
  const { installed, available } = await readExtension(db, 'vector');
  if (installed !== null) return installed;
  const create = 'CREATE EXTENSION vector;';
  throw available === null
    ? new ConfigurationError('SCHEMA_PGVECTOR', 'the database has no pgvector: it is not installed on the server', {
        fix: `install the package on the server (https://github.com/pgvector/pgvector#installation), then\n${create}`,
      })
    : new ConfigurationError(
        'SCHEMA_PGVECTOR',
        `the database has no pgvector: version ${available} is available on the server, but not installed in this database`,
        { fix: create },
      );
}
