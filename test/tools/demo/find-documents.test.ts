import { findDocuments, type Document } from '../../../tools/demo/documents/find.js';
import { projectRoot } from '../../../tools/project-root.js';

let documents: readonly Document[];

beforeAll(async () => {
  documents = await findDocuments(projectRoot());
});

test('finds hundreds of blocks, of every type, in the installed packages', () => {
  const blocks = documents.flatMap((document) => document.blocks);
  expect(blocks.length).toBeGreaterThan(300);
  expect(blocks.length).toBeLessThan(800);
  const types = new Set(blocks.map(({ type }) => type));
  expect([...types].sort()).toEqual(['code', 'heading', 'list', 'mermaid', 'paragraph', 'quote', 'table']);
});

test('finds the note that the demo edits, and the notes that its searches find', () => {
  const titles = documents.map(({ title }) => title);
  expect(titles).toEqual(
    expect.arrayContaining(['pg-boss', 'winston', '@energetic-ai/embeddings', 'How a block is embedded']),
  );
});

test('finds the same documents each time', async () => {
  await expect(findDocuments(projectRoot())).resolves.toEqual(documents);
});

test('ends no document with a heading that has nothing below it', () => {
  expect(documents.map(({ blocks }) => blocks.at(-1)?.type)).not.toContain('heading');
});
