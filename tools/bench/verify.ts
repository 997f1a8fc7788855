import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { isVectorOf } from '../stand-in/deterministic-brain.js';
import type { TestDatabase } from '../../test/support/test-database.js';

const SAMPLE = 200;

/**
 * Checks the vectors of a sample of the embedded blocks, because figures are worthless if the vectors are wrong.
 *
 * @param ids of the embedded blocks, if they are not the whole table
 * @throws Error naming a block whose vector does not match its text
 */
export async function verifyVectors(db: TestDatabase, ids?: readonly string[]): Promise<void> {
  const rows = await db.query<{ id: string; status: string; text: string; vector: string | null }>(
    `SELECT id::text AS id, embedding_status AS status, content #>> '{}' AS text, embedding::text AS vector
       FROM blocks WHERE length(content::text) < 10000 AND ($1::bigint[] IS NULL OR id = ANY ($1))
      ORDER BY hashint8(id) LIMIT $2`,
    [ids ?? null, SAMPLE],
  );
  if (rows.length === 0) throw new Error('there is no block to check');
  for (const { id, status, text, vector } of rows) {
    const values = vector === null ? [] : (JSON.parse(vector) as number[]);
    if (status !== 'completed' || values.length === 0 || !isVectorOf(DEFAULT_INSTRUCTION + text, values))
      throw new Error(`block ${id} has status ${status} and a vector that does not match its text`);
  }
}
