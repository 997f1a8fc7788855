import type { TestDatabase } from './test-database.js';

/** Bytes of a content that leaves room for five rows in a page, and none for a sixth. */
const FILLER = 1_500;

/**
 * Inserts blocks with these ids, five in each page of their table, without firing triggers.
 *
 * @param status SQL for the status of the block `id`
 */
export async function insertPaged(db: TestDatabase, from: number, to: number, status = `'completed'`): Promise<void> {
  const client = await db.connect('test pages');
  try {
    await client.query('SET session_replication_role = replica');
    await client.query(`INSERT INTO notes (id, title) VALUES (1, 'A note') ON CONFLICT DO NOTHING`);
    await client.query('ALTER TABLE blocks ALTER content SET STORAGE PLAIN');
    const { rows } = await client.query(`SELECT FROM pg_class WHERE oid = 'blocks'::regclass AND relkind = 'r'`);
    if (rows.length > 0) await client.query('ALTER TABLE blocks SET (fillfactor = 100)');
    await client.query(
      `INSERT INTO blocks (id, note_id, block_type, content, embedding_status)
       SELECT id, 1, 'paragraph', to_jsonb(repeat('x', $3)), ${status} FROM generate_series($1::int, $2::int) id`,
      [from, to, FILLER],
    );
  } finally {
    await client.end();
  }
}
