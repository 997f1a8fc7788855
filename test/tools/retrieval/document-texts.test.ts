import { describe, expect, it } from '@jest/globals';
import { DEFAULT_INSTRUCTION } from '../../../src/config/variables.js';
import type { Block, Note } from '../../../tools/retrieval/corpus.js';
import { documentTexts } from '../../../tools/retrieval/document-texts.js';
import { DEFAULT_SETTING, type Setting } from '../../../tools/retrieval/settings.js';

const BARE: Setting = { ...DEFAULT_SETTING, documents: 'bare' };

const heading = (level: number, text: string): Omit<Block, 'id'> => ({
  type: 'heading',
  level,
  content: JSON.stringify({ text, level }),
});
const paragraph = (text: string): Omit<Block, 'id'> => ({ type: 'paragraph', content: JSON.stringify({ text }) });

function noteOf(...blocks: Omit<Block, 'id'>[]): Note {
  return {
    title: 'Guide',
    editor: 'platform',
    column: 'json',
    source: { package: 'a', license: 'MIT' },
    blocks: blocks.map((block, i) => ({ ...block, id: String(i) })),
  };
}

const textsOf = (note: Note, changes: Partial<Setting>) =>
  documentTexts(note, { ...BARE, ...changes }).map(({ text }) => text);

describe('the text of a block', () => {
  it('is what the worker sends by default: its instruction, then the text with a title before headings only', () => {
    expect(documentTexts(noteOf(heading(2, 'Set-up'), paragraph('Install it.')), DEFAULT_SETTING)).toEqual([
      { id: '0', text: `${DEFAULT_INSTRUCTION}Guide > Set-up` },
      { id: '1', text: `${DEFAULT_INSTRUCTION}Install it.` },
    ]);
  });

  it('is left out where the worker skips the block', () => {
    const mermaid = { type: 'mermaid', content: JSON.stringify({ code: 'graph LR' }) };
    expect(documentTexts(noteOf(mermaid, paragraph(''), paragraph('Text.')), BARE)).toEqual([
      { id: '2', text: 'Text.' },
    ]);
  });

  it.each([
    { context: 'none', texts: ['Set-up', 'Install it.'] },
    { context: 'headings', texts: ['Guide > Set-up', 'Install it.'] },
    { context: 'title', texts: ['Guide > Set-up', 'Guide\nInstall it.'] },
    { context: 'path', texts: ['Guide > Set-up', 'Guide > Set-up\nInstall it.'] },
  ] as const)('has the context of $context', ({ context, texts }) => {
    expect(textsOf(noteOf(heading(2, 'Set-up'), paragraph('Install it.')), { context })).toEqual(texts);
  });

  it('has in its path the headings above it of higher levels only', () => {
    const note = noteOf(
      paragraph('a'),
      heading(2, 'Set-up'),
      heading(4, 'Linux'),
      paragraph('b'),
      heading(3, 'macOS'),
      paragraph('c'),
      heading(2, 'Use'),
      paragraph('d'),
    );
    expect(textsOf(note, { context: 'path' })).toEqual([
      'Guide\na',
      'Guide > Set-up',
      'Guide > Set-up > Linux',
      'Guide > Set-up > Linux\nb',
      'Guide > Set-up > macOS',
      'Guide > Set-up > macOS\nc',
      'Guide > Use',
      'Guide > Use\nd',
    ]);
  });

  it.each([
    { tables: 'header-value', text: 'pod: a; texts: 3' },
    { tables: 'pipes', text: '| pod | texts |\n|---|---|\n| a | 3 |' },
  ] as const)('writes a table as $tables', ({ tables, text }) => {
    const content = JSON.stringify({ headers: ['pod', 'texts'], rows: [['a', '3']] });
    const table = { type: 'table', content, pipes: '| pod | texts |\n|---|---|\n| a | 3 |' };
    expect(textsOf(noteOf(table), { tables })).toEqual([text]);
  });

  it.each([
    { code: 'language', text: 'sh\nyarn build' },
    { code: 'bare', text: 'yarn build' },
  ] as const)('writes code with $code', ({ code, text }) => {
    const block = { type: 'code', language: 'sh', content: JSON.stringify({ language: 'sh', code: 'yarn build' }) };
    expect(textsOf(noteOf(block), { code })).toEqual([text]);
  });
});
