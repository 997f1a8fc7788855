import { describe, expect, it } from '@jest/globals';
import { openEmbeddedPostgres } from './embedded.js';

describe('the embedded database', () => {
  it('has the reference schema, and its trigger announces blocks', async () => {
    const db = await openEmbeddedPostgres();
    const payloads: string[] = [];
    await db.listen('embedding_queue', (payload) => payloads.push(payload));
    await db.query("INSERT INTO notes (title) VALUES ('A note')");
    await db.query(
      `INSERT INTO blocks (note_id, block_type, content) VALUES (1, 'paragraph', '"a"'), (1, 'mermaid', '"b"')`,
    );
    const { rows } = await db.query('SELECT embedding_status AS status, embedding FROM blocks ORDER BY id');
    expect(rows).toEqual([
      { status: 'pending', embedding: null },
      { status: 'skipped', embedding: null },
    ]);
    expect(payloads).toEqual(['1', '2']);
    await db.close();
  });
});
