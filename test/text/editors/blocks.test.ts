import { describe, expect, test } from '@jest/globals';
import { blockText } from '../../../src/text/block-text.js';

/** A string is the content of a text column. Anything else is stored as JSON. */
function textOf(content: unknown, type = 'document'): string | null {
  const isText = typeof content === 'string';
  return blockText({
    type,
    content: isText ? content : JSON.stringify(content),
    contentFormat: isText ? 'text' : 'json',
    noteTitle: null,
  });
}

const run = (text: string) => ({ type: 'text', text: { content: text } });
const span = (text: string) => ({ _type: 'span', _key: 'k', text, marks: [] });
const text = (words: string) => ({ type: 'text', text: words });

describe('pieces of a line', () => {
  test.each([
    [
      'of Notion, as a client sends them',
      {
        type: 'paragraph',
        paragraph: {
          rich_text: [
            run('Ask '),
            { type: 'mention', mention: { type: 'user', user: { id: 'b1cb', name: 'Ann Lee' } } },
            run(' on '),
            { type: 'mention', mention: { type: 'date', date: { start: '2024-06-03', end: '2024-06-05' } } },
            run(' why '),
            { type: 'equation', equation: { expression: 'd = v t' } },
          ],
        },
      },
      'Ask Ann Lee on 2024-06-03 → 2024-06-05 why d = v t',
    ],
    [
      'of Portable Text that are objects',
      [{ _type: 'block', children: [span('Buy '), { _type: 'ticker', _key: 'k', symbol: 'AAPL' }, span('.')] }],
      'Buy AAPL.',
    ],
    [
      'of Draft.js that stand for a formula',
      {
        blocks: [{ text: '🚀 why \t\t holds', type: 'unstyled', entityRanges: [{ offset: 7, length: 2, key: 0 }] }],
        entityMap: { 0: { type: 'INLINETEX', mutability: 'IMMUTABLE', data: { teX: 'd = v t' } } },
      },
      '🚀 why d = v t holds',
    ],
    [
      'of Tiptap without a label',
      {
        type: 'doc',
        content: [{ type: 'paragraph', content: [text('Ask '), { type: 'mention', attrs: { id: 'Ann' } }] }],
      },
      'Ask Ann',
    ],
    [
      'of AppFlowy that are a date, and a page whose title is not there',
      {
        type: 'paragraph',
        data: {
          delta: [
            { insert: 'On ' },
            { insert: '$', attributes: { mention: { type: 'date', date: '2024-06-03T00:00:00.000' } } },
            { insert: '$', attributes: { mention: { type: 'page', page_id: '5df7' } } },
          ],
        },
      },
      'On 2024-06-03',
    ],
  ])('%s', (_name, content, expected) => {
    expect(textOf(content)).toBe(expected);
  });
});

describe('nodes of unknown types', () => {
  test.each([
    [
      'of Portable Text: a question before its answer',
      [
        {
          _type: 'faq',
          _key: 'k',
          answer: [{ _type: 'block', children: [span('The tide.')] }],
          question: 'Why at night?',
        },
      ],
      'Why at night?\nThe tide.',
    ],
    [
      'of Tiptap: of the settings only what a reader sees',
      {
        type: 'doc',
        content: [{ type: 'card', attrs: { title: 'Mind', tone: 'red', size: 3 }, content: [text('the swell')] }],
      },
      'Mind\nthe swell',
    ],
    [
      'of Lexical: options are lines',
      {
        root: {
          type: 'root',
          version: 1,
          children: [
            {
              type: 'poll',
              version: 1,
              question: 'When?',
              options: [
                { text: 'Now', uid: 'a1' },
                { text: 'Later', uid: 'b2' },
              ],
            },
          ],
        },
      },
      'When?\nNow\nLater',
    ],
    [
      'of Editor.js: title and description of a link',
      {
        blocks: [
          {
            type: 'linkTool',
            data: {
              link: 'https://e.org',
              meta: { description: 'About <b>tides</b>', title: 'Tides', image: { url: 'https://e.org/i' } },
            },
          },
        ],
      },
      'Tides\nAbout tides',
    ],
    [
      'of nobody: prose, and no settings',
      {
        kind: 'hero',
        heading: 'Sail away',
        theme: 'dark',
        cta: { label: 'Book now', href: 'https://e.org' },
        bg: '#aabbcc',
        slot: 'col_2',
      },
      'Sail away\nBook now',
    ],
  ])('%s', (_name, content, expected) => {
    expect(textOf(content)).toBe(expected);
  });
});

describe('other editors', () => {
  test.each([
    [
      'Contentful',
      {
        nodeType: 'document',
        data: {},
        content: [
          {
            nodeType: 'ordered-list',
            content: [
              {
                nodeType: 'list-item',
                content: [{ nodeType: 'paragraph', content: [{ nodeType: 'text', value: 'Cast off', marks: [] }] }],
              },
            ],
          },
        ],
      },
      '1. Cast off',
    ],
    [
      'Yoopta',
      {
        b: {
          id: 'b',
          type: 'NumberedList',
          value: [{ type: 'numbered-list', children: [{ text: 'Bow' }] }],
          meta: { order: 1, depth: 1 },
        },
        a: {
          id: 'a',
          type: 'NumberedList',
          value: [{ type: 'numbered-list', children: [{ text: 'Cast off' }] }],
          meta: { order: 0, depth: 0 },
        },
      },
      '1. Cast off\n  1. Bow',
    ],
    ['Prismic', [{ type: 'o-list-item', text: 'Cast *off*', spans: [] }], '1. Cast *off*'],
    [
      'mdast',
      {
        type: 'root',
        children: [
          {
            type: 'list',
            ordered: true,
            start: 3,
            children: [
              {
                type: 'listItem',
                checked: null,
                children: [
                  {
                    type: 'paragraph',
                    children: [
                      { type: 'text', value: 'Hoist ' },
                      { type: 'inlineCode', value: '<b>' },
                    ],
                  },
                ],
              },
            ],
          },
        ],
      },
      '3. Hoist <b>',
    ],
    [
      'Confluence',
      '<p>Run</p><ac:structured-macro ac:name="code"><ac:parameter ac:name="language">java</ac:parameter><ac:plain-text-body><![CDATA[a();\nb();]]></ac:plain-text-body></ac:structured-macro><ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body>Oil</ac:task-body></ac:task></ac:task-list>',
      'Run\na();\nb();\n[x] Oil',
    ],
    [
      'Gutenberg: a quotation, parsed, with its source after it',
      {
        blockName: 'core/quote',
        attrs: {},
        innerBlocks: [
          {
            blockName: 'core/paragraph',
            attrs: {},
            innerBlocks: [],
            innerHTML: '<p>Fair</p>',
            innerContent: ['<p>Fair</p>'],
          },
        ],
        innerHTML: '<blockquote><cite>Ann</cite></blockquote>',
        innerContent: ['<blockquote>', null, '<cite>Ann</cite></blockquote>'],
      },
      'Fair\nAnn',
    ],
    [
      'Word: numbers that it draws itself',
      "<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><span style='mso-list:Ignore'>3.<span>&nbsp;</span></span>Cast off</p><p class=MsoNormal>Done</p>",
      '3. Cast off\nDone',
    ],
  ])('%s', (_name, content, expected) => {
    expect(textOf(content)).toBe(expected);
  });

  test('a text column may hold an example of an editor’s JSON as code', () => {
    const example = '{"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "a"}]}]}';
    expect(textOf(example, 'code')).toBe(example);
  });
});

describe('Markdown', () => {
  test.each([
    ['keeps formulas as they are', 'Let $a_1*b_1*c$ be\n\n$$\na*b*c\n$$', 'Let $a_1*b_1*c$ be\n$$ a*b*c $$'],
    ['takes prices for no formula', '**$5** or **$6**, $x of *y* and $z', '$5 or $6, $x of y and $z'],
    ['drops the mark of an alert and keeps its title', '> [!note] Tides\n> rise', 'Tides\nrise'],
    ['keeps placeholders', 'git <command> [<option>] <input>', 'git <command> [<option>] <input>'],
  ])('%s', (_name, content, expected) => {
    expect(textOf(content)).toBe(expected);
  });
});
