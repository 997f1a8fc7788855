import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { projectRoot } from '../../../tools/project-root.js';
import { readCorpus, type Block, type Corpus } from '../../../tools/retrieval/corpus.js';
import { documentTexts } from '../../../tools/retrieval/document-texts.js';
import { DEFAULT_SETTING } from '../../../tools/retrieval/settings.js';
import { MAX_CHARACTERS } from '../../../tools/stand-in/sentence-model.js';

let corpus: Corpus;
let blocks: readonly Block[];

beforeAll(async () => {
  corpus = await readCorpus();
  blocks = corpus.notes.flatMap((note) => note.blocks);
});

const unique = <T>(values: readonly T[]) => [...new Set(values)].sort();

describe('the notes', () => {
  it('hold hundreds of blocks, each with an id of its own', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(300);
    expect(new Set(blocks.map(({ id }) => id)).size).toBe(blocks.length);
  });

  it('hold blocks of every type', () => {
    expect(unique(blocks.map(({ type }) => type))).toEqual([
      'callout',
      'code',
      'divider',
      'heading',
      'image',
      'list',
      'mermaid',
      'paragraph',
      'quote',
      'table',
    ]);
  });

  it('are stored as plain text, Markdown, HTML, the platform’s shapes, and the JSON of several editors', () => {
    expect(unique(corpus.notes.map(({ editor, column }) => `${editor}: ${column}`))).toEqual([
      'blocknote: json',
      'editor.js: json',
      'html: text',
      'lexical: json',
      'markdown: text',
      'notion: json',
      'plain: text',
      'platform: json',
      'portable-text: json',
      'quill: json',
      'slate: json',
      'tiptap: json',
    ]);
  });

  it('have titles of their own', () => {
    const titles = corpus.notes.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
    expect(titles).not.toContain('');
  });

  it('say of each heading its level, of no other block, and of each table its Markdown', () => {
    for (const { id, type, level, pipes } of blocks) {
      expect([id, level !== undefined]).toEqual([id, type === 'heading']);
      if (level !== undefined) expect([1, 2, 3, 4, 5, 6]).toContain(level);
      expect([id, pipes !== undefined]).toEqual([id, type === 'table']);
    }
  });

  it('have texts that the model reads to the end', () => {
    const texts = corpus.notes.flatMap((note) => documentTexts(note, DEFAULT_SETTING));
    expect(texts.filter(({ text }) => text.length > MAX_CHARACTERS)).toEqual([]);
  });

  it('are our own, or have a license that allows copies and is in the folder', () => {
    for (const { source } of corpus.notes) {
      expect(['MIT', 'ISC', 'Apache-2.0']).toContain(source.license);
      if (source.package === 'pal-e-embedding-worker') continue;
      expect(source.version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(source.file).toMatch(/\.md$/);
      const license = join(projectRoot(), `tools/retrieval/corpus/licenses/${source.package}.txt`);
      expect([license, existsSync(license)]).toEqual([license, true]);
    }
  });
});

describe('the questions', () => {
  it('are at least sixty, in two forms, all different', () => {
    const questions = corpus.needs.flatMap(({ short, sentence }) => [short, sentence]);
    expect(corpus.needs.length).toBeGreaterThanOrEqual(60);
    expect(new Set(questions).size).toBe(questions.length);
    expect(questions).not.toContain('');
  });

  it('are answered by one to five blocks that exist and have text', () => {
    const embedded = new Set(corpus.notes.flatMap((note) => documentTexts(note, DEFAULT_SETTING).map(({ id }) => id)));
    for (const { short, answers } of corpus.needs) {
      expect([short, answers.length >= 1 && answers.length <= 5]).toEqual([short, true]);
      expect([short, answers.filter((id) => !embedded.has(id))]).toEqual([short, []]);
      expect([short, new Set(answers).size]).toEqual([short, answers.length]);
    }
  });

  it('concern blocks of every type that usually has text, and most of the notes', () => {
    const answers = new Set(corpus.needs.flatMap((need) => need.answers));
    const answering = blocks.filter(({ id }) => answers.has(id));
    expect(unique(answering.map(({ type }) => type))).toEqual(
      expect.arrayContaining(['callout', 'code', 'image', 'list', 'paragraph', 'quote', 'table']),
    );
    const notes = corpus.notes.filter((note) => note.blocks.some(({ id }) => answers.has(id)));
    expect(notes.length / corpus.notes.length).toBeGreaterThan(0.9);
  });

  it('do not repeat five words in a row of a block that answers them', () => {
    const byId = new Map(
      corpus.notes.flatMap((note) => documentTexts(note, DEFAULT_SETTING)).map(({ id, text }) => [id, wordsOf(text)]),
    );
    for (const { short, sentence, answers } of corpus.needs) {
      const runs = [short, sentence].flatMap((question) => runsOf(wordsOf(question).split(' ')));
      const copied = answers.flatMap((id) => runs.filter((run) => ` ${byId.get(id) ?? ''} `.includes(` ${run} `)));
      expect([short, copied]).toEqual([short, []]);
    }
  });
});

function wordsOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

function runsOf(words: readonly string[]): string[] {
  return words.slice(0, -4).map((_, i) => words.slice(i, i + 5).join(' '));
}
