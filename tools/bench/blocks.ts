import { randomWords } from '../stand-in/random.js';
import type { TestDatabase } from '../../test/support/test-database.js';

/** Like a paragraph of a knowledge base: about 80 words, 500 bytes. */
const WORDS_PER_BLOCK = 80;
const VOCABULARY = 2_000;
const INSERT_ROWS = 2_000;

/** A text that is different for every number. */
export function textOf(seed: number, n: number, wordCount = WORDS_PER_BLOCK): string {
  const next = randomWords(`${seed} ${n}`);
  const words = [`Block ${n}.`];
  for (let i = 0; i < wordCount; i++) words.push((next() % VOCABULARY).toString(36) + 'ab');
  return words.join(' ');
}

/** Inserts paragraphs. They are `pending` and not enqueued, because no worker is running yet. */
export async function insertBlocks(db: TestDatabase, count: number, text: (n: number) => string): Promise<void> {
  const noteId = await insertNote(db);
  for (let from = 0; from < count; from += INSERT_ROWS) {
    const texts = Array.from({ length: Math.min(INSERT_ROWS, count - from) }, (_, i) => JSON.stringify(text(from + i)));
    await db.query(
      `INSERT INTO blocks (note_id, block_type, content) SELECT $1, 'paragraph', c::jsonb FROM unnest($2::text[]) AS c`,
      [noteId, texts],
    );
  }
  await db.query('VACUUM (ANALYZE) blocks');
}

export async function insertNote(db: TestDatabase): Promise<string> {
  const [note] = await db.query<{ id: string }>(`INSERT INTO notes (title) VALUES ('A note') RETURNING id::text AS id`);
  return note?.id ?? '';
}
