import { deterministicVector } from '../stand-in/deterministic-brain.js';
import type { TestDatabase } from '../../test/support/test-database.js';
import { insertNote, textOf } from './blocks.js';

/** The rows reuse this many texts and vectors, so that the server inserts a million rows in minutes. */
const TEXTS = 200;
const VECTORS = 300;
const INSERT_ROWS = 50_000;

export interface EmbeddedOptions {
  /** Blocks that have a vector, from the first. Default: all. */
  readonly vectors?: number;
  /** Words in a text. Default: as in `textOf`. */
  readonly words?: number;
}

/**
 * Inserts `completed` blocks of realistic size, each with its own text. The vectors do not belong to the texts, because only
 * the size of the table matters. Ids count from 1.
 */
export async function insertEmbedded(
  db: TestDatabase,
  count: number,
  seed: number,
  { vectors: withVector = count, words }: EmbeddedOptions = {},
): Promise<void> {
  const noteId = await insertNote(db);
  const texts = Array.from({ length: TEXTS }, (_, n) => textOf(seed, n, words));
  const vectors = Array.from({ length: VECTORS }, (_, n) => `[${deterministicVector(`${seed} ${n}`, 768).join(',')}]`);
  await db.query('CREATE UNLOGGED TABLE pool (n int PRIMARY KEY, text text, vector vector(768))');
  await db.query(
    `INSERT INTO pool SELECT n - 1, t, v::vector FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS p (t, v, n)`,
    [Array.from({ length: VECTORS }, (_, n) => texts[n % TEXTS]), vectors],
  );
  const client = await db.connect('bench loader');
  try {
    // The trigger would set each row pending and announce it, and the foreign key would be checked for each.
    await client.query('SET session_replication_role = replica');
    for (let from = 0; from < count; from += INSERT_ROWS) {
      await client.query(
        `INSERT INTO blocks (note_id, block_type, content, embedding, embedding_status)
         SELECT $1, 'paragraph', to_jsonb(p.text || ' Row ' || i), CASE WHEN i < $4 THEN p.vector END, 'completed'
           FROM generate_series($2::int, $3::int) AS i JOIN pool p ON p.n = i % ${VECTORS} ORDER BY i`,
        [noteId, from, Math.min(from + INSERT_ROWS, count) - 1, withVector],
      );
    }
  } finally {
    await client.end();
  }
  await db.query('DROP TABLE pool');
  await db.query('VACUUM (ANALYZE) blocks');
}
