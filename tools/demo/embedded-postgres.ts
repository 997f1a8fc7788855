import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { referenceSchema } from '../reference-schema.js';

/**
 * Opens PostgreSQL in this process, in memory, with pgvector and the reference schema and trigger. Takes about 4 s and
 * 500 MB. There is only one connection, so it cannot show row locks and lost connections.
 */
export async function openEmbeddedPostgres(): Promise<PGlite> {
  const [{ tables, trigger }, db] = await Promise.all([referenceSchema(), PGlite.create({ extensions: { vector } })]);
  await db.exec(tables);
  await db.exec(trigger);
  return db;
}
