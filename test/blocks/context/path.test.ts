import { claimBlocks } from '../../../src/blocks/claim.js';
import { Blocks } from '../../../src/blocks/blocks.js';
import { inspectBlocks } from '../../../src/blocks/inspect.js';
import { loadConfig } from '../../../src/config/config.js';
import { Postgres } from '../../../src/postgres/postgres.js';
import { createDatabase } from '../../support/create-database.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { insertNote } from '../../support/fixtures.js';
import type { SchemaVariant } from '../../support/schema-variant.js';
import type { TestDatabase } from '../../support/test-database.js';
import { readBlock } from '../../support/worker-blocks.js';

describe.each<[SchemaVariant, positionType: string]>([
  [{ contentType: 'text' }, 'integer'],
  [{ contentType: 'text', idType: 'uuid' }, 'text COLLATE "C"'],
])('with paths, ids as in %j and positions of type %s', (variant, positionType) => {
  describeWithServer('a claim', () => {
    let db: TestDatabase;
    let postgres: Postgres;
    let blocks: Blocks;
    beforeAll(async () => {
      db = await createDatabase(variant);
      await db.query(`ALTER TABLE blocks ADD "Place" ${positionType}`);
      postgres = new Postgres({ url: db.url, sessionUrl: db.url, applicationName: 'under test', poolSize: 2 });
      const { tables } = loadConfig({
        PALDOCS_DATABASE_URL: db.url,
        PALDOCS_EMBEDDING_CONTEXT: 'path',
        PALDOCS_BLOCKS_POSITION_COLUMN: 'Place',
      });
      blocks = new Blocks(postgres, await inspectBlocks(postgres, tables));
    });
    afterAll(() => postgres.close());

    async function insert(
      noteId: string,
      position: number | null,
      content: string,
      type = 'paragraph',
    ): Promise<string> {
      const [row] = await db.query<{ id: string }>(
        `INSERT INTO blocks (note_id, block_type, content, "Place") VALUES ($1, $2, $3, $4) RETURNING id::text AS id`,
        [noteId, type, content, position],
      );
      return row?.id ?? '';
    }
    const claim = (ids: readonly string[], budget = 1_000_000) =>
      claimBlocks(postgres, blocks.table, ids, budget, false);
    const above = async (ids: readonly string[]) => {
      const { claimed } = await claim(ids);
      return ids.map((id) => claimed.find((block) => block.id === id)?.headingsAbove);
    };

    it('returns for each block the headings with a lower position in its note', async () => {
      const [one, two] = [await insertNote(db, 'One'), await insertNote(db, 'Two')];
      const last = await insert(one, 9, 'last');
      const b = await insert(one, 5, '## B', 'heading');
      const a = await insert(one, 3, '# A', 'heading');
      const first = await insert(one, 1, 'first');
      const unplaced = await insert(one, null, 'unplaced');
      const between = await insert(one, 4, 'between');
      await insert(two, 2, '# Other', 'heading');
      const other = await insert(two, 8, 'other');
      expect(await above([last, b, a, first, unplaced, between, other])).toEqual([
        ['# A', '## B'],
        ['# A'],
        [],
        [],
        [],
        ['# A'],
        ['# Other'],
      ]);
    });

    it('counts the headings of a note once towards its budget', async () => {
      const noteId = await insertNote(db);
      await insert(noteId, 1, 'h'.repeat(300), 'heading');
      const ids = [
        await insert(noteId, 2, 'x'.repeat(100)),
        await insert(noteId, 3, 'y'.repeat(100)),
        await insert(noteId, 4, 'z'.repeat(100)),
      ];
      const { claimed, deferred } = await claim(ids, 510);
      expect(claimed).toHaveLength(2);
      expect(claimed.map(({ headingsAbove }) => headingsAbove.length)).toEqual([1, 1]);
      expect(deferred).toHaveLength(1);
    });

    it.each<[what: string, sql: string, isStored: boolean]>([
      ['a heading above was edited', `UPDATE blocks SET content = '# C' WHERE id::text = $1`, false],
      ['a heading above was deleted', 'DELETE FROM blocks WHERE id::text = $1', false],
      ['a heading above moved below it', `UPDATE blocks SET "Place" = '7' WHERE id::text = $1`, false],
      ['a heading above became a paragraph', `UPDATE blocks SET block_type = 'paragraph' WHERE id::text = $1`, false],
      ['its note was renamed', `UPDATE notes SET title = 'New' WHERE $1 <> ''`, false],
      ['a heading above moved within what is above it', `UPDATE blocks SET "Place" = '4' WHERE id::text = $1`, true],
      ['a heading below was edited', `UPDATE blocks SET content = '# D' WHERE id::text <> $1 AND "Place" = '8'`, true],
    ])('is stored only with its current context: %s', async (_, sql, isStored) => {
      const noteId = await insertNote(db);
      const heading = await insert(noteId, 3, '# A', 'heading');
      const id = await insert(noteId, 5, 'text');
      await insert(noteId, 8, '# B', 'heading');
      const [claimed] = (await claim([id])).claimed;
      await db.query(sql, [heading]);
      const vector = new Float32Array(768).fill(0.1);
      const stored = await postgres.transaction(async (tx) => {
        await blocks.lock(tx, [id]);
        return await blocks.store(tx, [{ id, fingerprint: claimed?.fingerprint ?? '', vector }]);
      });
      expect(stored).toEqual(isStored ? [id] : []);
      expect((await readBlock(db, id)).status).toBe(isStored ? 'completed' : 'processing');
    });
  });
});
