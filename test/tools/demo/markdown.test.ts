import { blockText } from '../../../src/text/block-text.js';
import { importMarkdown } from '../../../tools/demo/documents/markdown.js';

/** Markdown, and the blocks made of it: their types, and their texts as the worker reads them. */
const cases: readonly (readonly [
  name: string,
  markdown: string,
  blocks: readonly (readonly [string, string | null])[],
])[] = [
  ['nothing', '', []],
  ['a paragraph, its lines joined', 'One\ntwo.', [['paragraph', 'One two.']]],
  ['a hard break', 'One  \ntwo.', [['paragraph', 'One\ntwo.']]],
  [
    'marks',
    '**Bold**, *italic*, ~~gone~~, `code` and [a link](https://example.org).',
    [['paragraph', 'Bold, italic, gone, code and a link.']],
  ],
  [
    'a link whose address is given below',
    'See [the docs][1].\n\n[1]: https://example.org',
    [['paragraph', 'See the docs.']],
  ],
  ['code that looks like HTML', 'A `Map<string, number>` & more.', [['paragraph', 'A Map<string, number> & more.']]],
  ['entities', 'Fish &amp; chips &lt;3', [['paragraph', 'Fish & chips <3']]],
  [
    'headings',
    '## Install\n\nText.\n\nUsage\n-----',
    [
      ['heading', 'Note > Install'],
      ['paragraph', 'Text.'],
      ['heading', 'Note > Usage'],
    ],
  ],
  ['a list with lists in it', '- a\n- b\n  - c\n  - **d**\n', [['list', 'a\nb\n  c\n  d']]],
  ['a numbered list', '3. three\n4. four', [['list', '3. three\n4. four']]],
  [
    'a list longer than an editor’s, in portions',
    numbered(14),
    [
      ['list', numbered(12).trim()],
      ['list', '13. x\n14. x'],
    ],
  ],
  ['a table', '| Name | Does |\n|---|---|\n| `a` | one |\n| b | |', [['table', 'Name: a; Does: one\nName: b']]],
  [
    'a long table, each part under the header',
    `| N |\n|---|\n${'| 1 |\n'.repeat(13)}`,
    [
      ['table', 'N: 1\n'.repeat(12).trim()],
      ['table', 'N: 1'],
    ],
  ],
  [
    'fenced code with a language',
    '```ts {1}\nconst a = 1;\n\nconst b = `<b>`;\n```',
    [['code', 'ts\nconst a = 1;\n\nconst b = `<b>`;']],
  ],
  ['indented code', '    a = 1', [['code', 'a = 1']]],
  ['empty code', '```js\n```', []],
  [
    'long code, in parts',
    `\`\`\`\n${'x\n'.repeat(41)}\`\`\``,
    [
      ['code', 'x\n'.repeat(40).trim()],
      ['code', 'x'],
    ],
  ],
  ['a diagram, whole and without text', `\`\`\`mermaid\n${'a --> b\n'.repeat(60)}\`\`\``, [['mermaid', null]]],
  ['a quotation', '> **Note**\n> Mind the gap.\n>\n> Really.', [['quote', 'Note Mind the gap.\nReally.']]],
  ['code within a list, as part of it', '- Run:\n\n  ```sh\n  npm test\n  ```\n', [['list', 'Run: npm test']]],
  ['badges', '[![Build](https://b.org/a.svg)](https://b.org) · [![npm](https://b.org/n.svg)](https://n.org)', []],
  ['HTML and rules', '<p align="center">\n  <img src="logo.svg">\n</p>\n\n---\n\n<!-- toc -->\n', []],
  ['a table of contents', '- [One](#one)\n- [Two `x`](#two)\n  - [Three](#three)\n', []],
  ['a list of links that lead elsewhere', '- [One](#one)\n- [Two](https://example.org)\n', [['list', 'One\nTwo']]],
];

test.each(cases)('imports %s', (_name, markdown, blocks) => {
  const imported = importMarkdown(markdown).blocks.map(({ type, content }) => [
    type,
    blockText({ type, content: JSON.stringify(content), contentFormat: 'json', noteTitle: 'Note' }),
  ]);
  expect(imported).toEqual(blocks);
});

test('takes a heading of level 1 at the beginning as the title', () => {
  expect(importMarkdown('# The `title`\n\nText.')).toMatchObject({
    title: 'The title',
    blocks: [{ type: 'paragraph' }],
  });
  expect(importMarkdown('Text.\n\n# Later')).toMatchObject({ title: undefined, blocks: [{}, { type: 'heading' }] });
});

test('makes nodes as Tiptap does', () => {
  const [block] = importMarkdown('## A [**bold** link](https://example.org)').blocks;
  const link = { type: 'link', attrs: { href: 'https://example.org' } };
  expect(block?.content).toEqual({
    type: 'heading',
    attrs: { level: 2 },
    content: [
      { type: 'text', text: 'A ' },
      { type: 'text', text: 'bold', marks: [link, { type: 'bold' }] },
      { type: 'text', text: ' link', marks: [link] },
    ],
  });
});

function numbered(count: number): string {
  return Array.from({ length: count }, (_, i) => `${i + 1}. x\n`).join('');
}
