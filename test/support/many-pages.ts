import type { TestDatabase } from './test-database.js';

/** Bytes that keep a row in its page: five rows fill one. */
const FILLER = 1_500;

export interface Pages {
  readonly count: number;
  /** Of every block. Default: `completed`. */
  readonly status?: string;
}

/** Inserts blocks that fill this many pages, five on each, without firing triggers. Half of them are headings. */
export async function insertPages(db: TestDatabase, { count, status = 'completed' }: Pages): Promise<void> {
  await db.query('ALTER TABLE blocks ALTER content SET STORAGE PLAIN');
  const client = await db.connect('test pages');
  try {
    await client.query('SET session_replication_role = replica');
    await client.query(
      `WITH note AS (INSERT INTO notes (title) VALUES ('A note') RETURNING id)
       INSERT INTO blocks (note_id, block_type, content, embedding_status)
       SELECT note.id, CASE WHEN i % 2 = 0 THEN 'heading' ELSE 'paragraph' END, to_jsonb(repeat('x', $2)), $3
         FROM note, generate_series(1, 5 * $1::int) i ORDER BY i`,
      [count, FILLER, status],
    );
  } finally {
    await client.end();
  }
}
