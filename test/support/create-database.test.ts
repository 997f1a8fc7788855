import { expect, it } from '@jest/globals';
import { createDatabase, requireServer } from './create-database.js';
import { describeWithServer } from './describe-with-server.js';
import { insertBlock, insertBlocks, insertNote } from './fixtures.js';
import { withClient } from './harness-client.js';

describeWithServer('a test database', () => {
  it.each([
    ['integer', /^1$/],
    ['bigint', /^1$/],
    ['uuid', /^[0-9a-f-]{36}$/],
    ['text', /^blocks:1$/],
  ] as const)('has ids of type %s, and a trigger that announces blocks', async (idType, pattern) => {
    const db = await createDatabase({ idType });
    const notifications = await db.notifications('embedding_queue');

    const id = await insertBlock(db);

    expect(id).toMatch(pattern);
    expect(await notifications.next()).toBe(id);
    const types = await db.query(
      `SELECT table_name, column_name, data_type FROM information_schema.columns
        WHERE table_schema = 'public' AND column_name IN ('id', 'note_id') ORDER BY 1, 2`,
    );
    expect(new Set(types.map((row) => row['data_type']))).toEqual(new Set([idType]));
    await db.query('DELETE FROM notes');
    expect(await db.query('SELECT 1 FROM blocks')).toEqual([]);
    await notifications.close();
  });

  it.each([
    ['text', 'plain', 'plain'],
    ['text', { a: 1 }, '{"a":1}'],
    ['json', 'plain', '"plain"'],
    ['json', { a: 1 }, '{"a":1}'],
    ['jsonb', 'plain', '"plain"'],
    ['jsonb', { a: 1 }, '{"a": 1}'],
  ] as const)('stores content of type %s: %j', async (contentType, content, stored) => {
    const db = await createDatabase({ contentType });
    const id = await insertBlock(db, { content });
    expect(await db.query('SELECT id::text, content::text, embedding_status AS status FROM blocks')).toEqual([
      { id, content: stored, status: 'pending' },
    ]);
    await db.query("UPDATE blocks SET embedding_status = 'completed'");
    await db.query('UPDATE blocks SET content = content');
    await db.untilRow('SELECT embedding_status AS status FROM blocks', [], (row) => row['status'] === 'completed', 0);
  });

  it.each([
    [undefined, 'vector(768)'],
    [3, 'vector(3)'],
    [null, 'vector'],
  ])('has a vector column of %p dimensions', async (dimensions, type) => {
    const db = await createDatabase(dimensions === undefined ? {} : { dimensions });
    const [row] = await db.query(
      "SELECT format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'blocks'::regclass AND attname = 'embedding'",
    );
    expect(row).toEqual({ type });
  });

  it('can be without the trigger', async () => {
    const db = await createDatabase({ withTrigger: false });
    expect(
      await db.query("SELECT tgname FROM pg_trigger WHERE tgrelid = 'blocks'::regclass AND NOT tgisinternal"),
    ).toEqual([]);
  });

  it('accepts many blocks in one statement, in order', async () => {
    const db = await createDatabase();
    const noteId = await insertNote(db, 'Many');
    const ids = await insertBlocks(db, 1000, { noteId, content: (index) => `block ${String(index)}` });
    expect(ids).toHaveLength(1000);
    expect(await db.query("SELECT content #>> '{}' AS content FROM blocks WHERE id = $1", [ids[500]])).toEqual([
      { content: 'block 500' },
    ]);
  });

  it('says what the last row was when a wait is over', async () => {
    const db = await createDatabase();
    await expect(db.untilRow('SELECT 7 AS n', [], (row) => row['n'] === 8, 30)).rejects.toThrow(
      'Not within 30 ms: SELECT 7 AS n []: the last row was {"n":7}',
    );
    const notifications = await db.notifications('quiet');
    await expect(notifications.next(30)).rejects.toThrow('No notification on "quiet" within 30 ms');
    await notifications.close();
  });

  it('is dropped in any case, and names the connection that was left open', async () => {
    const db = await createDatabase();
    const leaked = await db.connect('forgotten worker');
    await leaked.query('SELECT 42');
    await expect(db.drop()).rejects.toThrow(
      `Connections left open to ${db.name}: "forgotten worker" (idle, last: SELECT 42)`,
    );
    const left = await withClient(requireServer().url, (client) =>
      client.query('SELECT 1 FROM pg_database WHERE datname = $1', [db.name]),
    );
    expect(left.rows).toEqual([]);
    await leaked.end().catch(() => undefined);
  });
});
