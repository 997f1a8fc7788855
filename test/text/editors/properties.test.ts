import { describe, expect, test } from '@jest/globals';
import { blockText } from '../../../src/text/block-text.js';
import { Random, randomDocument, textOf } from './documents.js';
import { ENCODERS } from './encoders.js';

const DOCUMENTS = 200;

const read = (value: unknown) =>
  blockText({ type: 'document', content: JSON.stringify(value), contentFormat: 'json', noteTitle: null });

describe.each(Object.entries(ENCODERS))('any document of %s', (_name, { kinds, hasMixedLists = true, encode }) => {
  test('is its words, each once and in order, and no metadata', () => {
    for (let seed = 1; seed <= DOCUMENTS; seed++) {
      const random = new Random(seed);
      const document = randomDocument(random, kinds, hasMixedLists);
      const value = encode(document, random);
      expect({ seed, text: read(value) ?? '' }).toEqual({ seed, text: textOf(document) });
    }
  });
});

describe('1 MB of nodes takes well under 2 s', () => {
  const nested = (open: string, close: string, inner = '') => open.repeat(10_000) + inner + close.repeat(10_000);
  const times = (length: number, make: (index: number) => unknown) =>
    JSON.stringify(Array.from({ length }, (_, i) => make(i)));
  const range = { offset: 0, length: 300_000, key: 0 };

  test.each([
    ['nested nodes', nested('{"type":"blockquote","content":[', ']}', '{"type":"text","text":"x"}')],
    ['nested nodes of an unknown type', nested('{"type":"x","children":[{"text":"a"},', ']}', '{"text":"x"}')],
    ['nested lists', nested('{"type":"bulletList","content":[{"type":"listItem","content":[', ']}]}', '{"type":"p"}')],
    ['nested items', `{"type":"list","data":{"items":[${nested('{"content":"a","items":[', ']}')}]}}`],
    ['nested tables', nested('{"type":"table","content":[{"type":"tableRow","content":[', ']}]}')],
    ['nested mentions', nested('{"type":"mention","attrs":{"user":', '}}', '{"name":"x"}')],
    ['nested blocks of Notion', nested('{"type":"toggle","toggle":{"rich_text":[],"children":[', ']}}')],
    ['lines of a delta', times(20_000, (i) => ({ insert: 'a\n', attributes: { list: 'bullet', indent: i * 1000 } }))],
    ['items of all levels', times(7_000, (i) => ({ _type: 'block', listItem: 'number', level: i, text: `a${i}` }))],
    ['types', times(20_000, (i) => ({ type: `type-${i}`, props: {}, content: [{ type: 'text', text: 'x' }] }))],
    [
      'placeholders',
      JSON.stringify({
        blocks: [{ text: `${' '.repeat(300_000)}x`, type: 'unstyled', entityRanges: Array(10_000).fill(range) }],
        entityMap: { 0: { type: 'IMAGE', data: { alt: 'a' } } },
      }),
    ],
  ])('%s', (_name, content) => {
    // CPU time, not wall time: other tests run at the same time.
    const start = process.cpuUsage();
    blockText({ type: 'document', content, contentFormat: 'json', noteTitle: null });
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(2000);
  });
});
