import { deterministicVector, DeterministicBrain } from '../../tools/stand-in/deterministic-brain.js';
import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import type { TestDatabase } from './test-database.js';

/** A model other than the stand-in's: it returns other vectors for the same texts. */
export class OtherModel extends DeterministicBrain {
  override embed(texts: readonly string[], dimensions: number): Float32Array[] {
    return super.embed(texts.map(renamed), dimensions);
  }

  override embedJson(texts: readonly string[], dimensions: number): Buffer {
    return super.embedJson(texts.map(renamed), dimensions);
  }
}

const renamed = (text: string) => `other model ${text}`;

/**
 * Marks blocks as completed, with the vector of a text, as a worker would have stored it; no trigger fires.
 *
 * @param textOf without the instruction; null stores no vector
 */
export async function storeVectors(
  db: TestDatabase,
  ids: readonly string[],
  textOf: (index: number) => string | null,
  dimensions = 768,
): Promise<void> {
  const vectors = ids.map((_, index) => {
    const text = textOf(index);
    return text === null ? null : `[${deterministicVector(DEFAULT_INSTRUCTION + text, dimensions).join(',')}]`;
  });
  const client = await db.connect('test vectors');
  try {
    await client.query('SET session_replication_role = replica');
    await client.query(
      `UPDATE blocks b SET embedding = v.embedding::vector, embedding_status = 'completed'
         FROM unnest($1::text[], $2::text[]) AS v(id, embedding) WHERE b.id::text = v.id`,
      [ids, vectors],
    );
  } finally {
    await client.end();
  }
}
