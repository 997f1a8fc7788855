import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { isVectorOf } from '../stand-in/deterministic-brain.js';
import type { TestDatabase } from '../../test/support/test-database.js';

const SAMPLE = 200;

/**
 * Figures of vectors that are wrong are worth nothing: looks at a sample of the blocks that were embedded.
 *
 * @param ids where not all of the table was
 * @throws Error naming the block whose vector is not the one of its text
 */
export async function verifyVectors(db: TestDatabase, ids?: readonly string[]): Promise<void> {
  const rows = await db.query<{ id: string; status: string; text: string; vector: string | null }>(
    `SELECT id::text AS id, embedding_status AS status, content #>> '{}' AS text, embedding::text AS vector
       FROM blocks WHERE length(content::text) < 10000 AND ($1::bigint[] IS NULL OR id = ANY ($1))
      ORDER BY hashint8(id) LIMIT $2`,
    [ids ?? null, SAMPLE],
  );
  if (rows.length === 0) throw new Error('there is no block to look at');
  for (const { id, status, text, vector } of rows) {
    const values = vector === null ? [] : (JSON.parse(vector) as number[]);
    if (status !== 'completed' || values.length === 0 || !isVectorOf(DEFAULT_INSTRUCTION + text, values))
      throw new Error(`block ${id} is ${status} and its vector is not the one of its text`);
  }
}
