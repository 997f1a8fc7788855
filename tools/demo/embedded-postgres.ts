import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { referenceSchema } from '../reference-schema.js';

/**
 * Opens PostgreSQL in this process, in memory, with pgvector and the platform's reference schema and trigger: about 4 s
 * and 500 MB. It has one connection, so that row locks and lost connections cannot be seen on it.
 */
export async function openEmbeddedPostgres(): Promise<PGlite> {
  const [{ tables, trigger }, db] = await Promise.all([referenceSchema(), PGlite.create({ extensions: { vector } })]);
  await db.exec(tables);
  await db.exec(trigger);
  return db;
}
