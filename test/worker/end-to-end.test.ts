import { isVectorOf } from '../../tools/stand-in/deterministic-brain.js';
import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertNote } from '../support/fixtures.js';
import { editBlock, expectEmbedded, readBlock, untilStatus } from '../support/worker-blocks.js';
import { useSite } from '../support/worker-site.js';

describe.each([
  ['integer', 'text'],
  ['bigint', 'jsonb'],
  ['uuid', 'json'],
  ['text', 'text'],
  ['text', 'jsonb'],
] as const)('with ids of type %s and content of type %s', (idType, contentType) => {
  describeWithServer('a worker', () => {
    const site = useSite({ variant: { idType, contentType } });

    it.each([
      ['paragraph', 'Blue whales sing.', 'Blue whales sing.'],
      ['heading', 'Oceans', 'Atlas > Oceans'],
      ['code', 'let x = 1;', 'let x = 1;'],
      ['callout', 'A block of unknown type.', 'A block of unknown type.'],
    ])('embeds a new %s', async (type, content, text) => {
      const { db } = site();
      const noteId = await insertNote(db, 'Atlas');
      const id = await insertBlock(db, { noteId, type, content });
      await expectEmbedded(db, id, text);
    });

    it('embeds a block again when its text changes', async () => {
      const { db } = site();
      const id = await insertBlock(db, { content: 'first' });
      await expectEmbedded(db, id, 'first');
      await editBlock(db, id, { content: 'second' });
      await expectEmbedded(db, id, 'second');
    });

    it('removes the vector of a block that becomes a diagram', async () => {
      const { db } = site();
      const id = await insertBlock(db, { content: 'graph TD' });
      await expectEmbedded(db, id, 'graph TD');
      await editBlock(db, id, { type: 'mermaid' });
      await db.untilRow('SELECT FROM blocks WHERE id::text = $1 AND embedding IS NULL', [id], () => true);
      expect(await readBlock(db, id)).toEqual({ status: 'skipped', vector: null });
    });
  });
});

describeWithServer('with a 64-dimensional column and another instruction, a worker', () => {
  const site = useSite({
    variant: { dimensions: 64 },
    environment: { PALDOCS_EMBEDDING_INSTRUCTION: 'passage: ' },
  });

  it('stores vectors of that size for that instruction', async () => {
    const { db } = site();
    const id = await insertBlock(db, { content: 'small' });
    await expectEmbedded(db, id, 'small', { instruction: 'passage: ', dimensions: 64 });
  });
});

describeWithServer('with an Ollama that ignores `dimensions`, a worker', () => {
  const site = useSite({ standIn: { ignoreDimensions: true } });

  it('shortens the vectors of a model that was trained for it', async () => {
    const { db, ollama } = site();
    const id = await insertBlock(db, { content: 'cut' });
    await untilStatus(db, id, 'completed');
    const { vector } = await readBlock(db, id);
    expect(vector).toHaveLength(768);
    expect(isVectorOf(`${DEFAULT_INSTRUCTION}cut`, vector ?? [])).toBe(true);
    expect(ollama.requests.at(-1)).toMatchObject({ dimensions: 768 });
  });
});

describeWithServer('with unusual text ids, a worker', () => {
  const site = useSite({ variant: { idType: 'text' } });

  it.each([
    "Robert'); DROP TABLE blocks;--",
    '{brace',
    'half "quoted"',
    'spaces within',
    '日本語 🐳',
    'a\tb\nc',
    'x'.repeat(1_000),
    '0',
    'null',
  ])('embeds block %j', async (id) => {
    const { db } = site();
    const noteId = await insertNote(db);
    await db.query('INSERT INTO blocks (id, note_id, block_type, content) VALUES ($1, $2, $3, $4)', [
      id,
      noteId,
      'paragraph',
      JSON.stringify(`the text of ${id}`.trim()),
    ]);
    await db.untilRow<{ status: string }>(
      'SELECT embedding_status AS status FROM blocks WHERE id = $1',
      [id],
      ({ status }) => status === 'completed',
    );
  });
});
