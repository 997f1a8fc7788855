import type { TestDatabase } from './test-database.js';

export interface BlockFixture {
  /** Default: a new note. */
  readonly noteId?: string;
  /** Default: `paragraph`. */
  readonly type?: string;
  /** A string or a JSON value. Default: some text. */
  readonly content?: unknown;
}

export async function insertNote(db: TestDatabase, title = 'A note'): Promise<string> {
  const [row] = await db.query<{ id: string }>('INSERT INTO notes (title) VALUES ($1) RETURNING id::text AS id', [
    title,
  ]);
  return rowOf(row).id;
}

export async function insertBlock(db: TestDatabase, fixture: BlockFixture = {}): Promise<string> {
  const { content = 'Some text.', ...rest } = fixture;
  const [id] = await insertBlocks(db, 1, { ...rest, content: () => content });
  return rowOf(id);
}

/**
 * Inserts `count` blocks of one note in one statement, and returns their ids in order.
 *
 * @param fixture `content` returns the content for an index; by default all are different
 */
export async function insertBlocks(
  db: TestDatabase,
  count: number,
  fixture: Omit<BlockFixture, 'content'> & { readonly content?: (index: number) => unknown } = {},
): Promise<string[]> {
  const { type = 'paragraph', content = (index: number) => `Text number ${String(index)}.` } = fixture;
  const noteId = fixture.noteId ?? (await insertNote(db));
  const contents = Array.from({ length: count }, (_, index) => encodeContent(db, content(index)));
  const rows = await db.query<{ id: string }>(
    `INSERT INTO blocks (note_id, block_type, content)
     SELECT $1::${db.idType}, $2, content::${db.contentType} FROM unnest($3::text[]) WITH ORDINALITY AS c (content, place)
      ORDER BY place RETURNING id::text AS id`,
    [noteId, type, contents],
  );
  return rows.map((row) => row.id);
}

/** Sends the API's notification; without a payload it identifies no block. */
export async function notify(db: Pick<TestDatabase, 'query'>, payload = ''): Promise<void> {
  await db.query(`SELECT pg_notify('embedding_queue', $1)`, [payload]);
}

/** Runs `work` while the triggers of blocks are disabled: nothing it writes is notified or set `pending`. */
export async function withoutTriggers<T>(db: TestDatabase, work: () => Promise<T>): Promise<T> {
  await db.query('ALTER TABLE blocks DISABLE TRIGGER USER');
  try {
    return await work();
  } finally {
    await db.query('ALTER TABLE blocks ENABLE TRIGGER USER');
  }
}

/** Encodes content for the column: strings in a text column stay as they are, anything else becomes JSON. */
export function encodeContent(db: Pick<TestDatabase, 'contentType'>, content: unknown): string {
  return db.contentType === 'text' && typeof content === 'string' ? content : JSON.stringify(content);
}

function rowOf<T>(row: T | undefined): T {
  if (row === undefined) throw new Error('INSERT … RETURNING returned no row');
  return row;
}
