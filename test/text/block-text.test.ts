import { describe, expect, test } from '@jest/globals';
import { blockText, type BlockSource } from '../../src/text/block-text.js';

type Format = BlockSource['contentFormat'];
type Case = readonly [name: string, content: unknown, expected: string | null];

/** A string is the content of a text column unless `format` differs. Anything else is stored as JSON. */
function textOf(type: string, content: unknown, format?: Format, noteTitle: string | null = 'Guide'): string | null {
  const contentFormat = format ?? (typeof content === 'string' ? 'text' : 'json');
  const column = contentFormat === 'text' && typeof content === 'string' ? content : JSON.stringify(content);
  return blockText({ type, content: column, contentFormat, noteTitle });
}

function each(type: string, cases: readonly Case[]): void {
  test.each(cases)('%s', (_name, content, expected) => {
    expect(textOf(type, content)).toBe(expected);
  });
}

const node = (type: string, ...content: unknown[]) => ({ type, content });
const words = (text: string, ...marks: string[]) => ({ type: 'text', text, marks: marks.map((type) => ({ type })) });
const paragraph = (text: string) => node('paragraph', words(text));

describe('a paragraph is its plain text', () => {
  describe('from plain text', () => {
    each('paragraph', [
      ['keeps words and punctuation', 'Ready? Yes: 5 * 3 < 20, a_b_c.', 'Ready? Yes: 5 * 3 < 20, a_b_c.'],
      ['keeps the author’s lines', 'Line one\nline two', 'Line one\nline two'],
      ['accepts every kind of line end', 'a\r\nb\rc\u2028d\ve', 'a\nb\nc\nd\ne'],
      ['collapses runs of spaces and empty lines', '  a \t  b\u00a0 c \n\n\n\n d  ', 'a b c\nd'],
      ['keeps types that look like tags', 'Map<string, List<A>> or Map<string>', 'Map<string, List<A>> or Map<string>'],
      ['keeps elements that it mentions', 'Use <div> for 2 <b and c> d', 'Use <div> for 2 <b and c> d'],
      ['keeps everything after an unclosed element', 'A <script> tag; a <!-- too', 'A <script> tag; a <!-- too'],
      ['keeps components', 'Put <Link> in <my-app>', 'Put <Link> in <my-app>'],
      ['keeps what looks like a reference', '[Update]: done', '[Update]: done'],
      ['keeps what looks like JSON', '{not json}', '{not json}'],
      ['keeps CJK', '知識ベースの段落。', '知識ベースの段落。'],
      ['keeps emoji, families as their members', 'Ship it 🚀 👩‍👩‍👧', 'Ship it 🚀 👩👩👧'],
      ['keeps right-to-left text without its marks', '\u202bשלום\u202c \u200fمرحبا', 'שלום مرحبا'],
      ['composes letters', 'Cafe\u0301', 'Caf\u00e9'],
      ['limits the marks on a letter', `e${'\u0323'.repeat(100)}`, `\u1eb9${'\u0323'.repeat(29)}`],
      ['drops control characters, but not tabs', 'a\u0000b\u0007c\td\u007fe\u0085f', 'abc de\nf'],
      ['drops zero-width characters and lone surrogates', 'a\u200bb\u200cc\u2060d\ufeffe\u00adf\ud800g', 'abcdefg'],
      ['is nothing when empty', '', null],
      ['is nothing when white space', ' \n\t\u00a0\u3000\u200b\u0000', null],
    ]);
  });

  describe('from Markdown', () => {
    each('paragraph', [
      ['loses its markup', '**Bold**, _soft_, ~~old~~ and `co*d*e`', 'Bold, soft, old and co*d*e'],
      [
        'keeps the text of links and images',
        '[site](http://x.y "t") ![logo](l.png) <http://u.v>',
        'site logo http://u.v',
      ],
      ['decodes entities', 'R&amp;D &copy; &#x4e2d; &lt;b&gt;', 'R&D © 中 <b>'],
      ['may hold HTML', 'A <u>line</u><br>and <!-- not this -->that', 'A line\nand that'],
      [
        'may hold blocks',
        '# Title\n\n> quoted\n\n- item\n  1. step\n\n---\nend',
        'Title\nquoted\nitem\n  1. step\nend',
      ],
      ['keeps code within it', 'Run:\n\n```sh\nls <dir>\n```', 'Run:\nls <dir>'],
      ['is nothing when only a rule or a comment', '---\n\n<!-- todo -->', null],
    ]);
  });

  describe('from HTML', () => {
    each('paragraph', [
      [
        'separates what block elements separate',
        '<p>One</p><p>Two<br>three</p><div>four</div>',
        'One\nTwo\nthree\nfour',
      ],
      ['joins what inline elements join', '<b>a</b><i>b</i> H<sub>2</sub>O', 'ab H2O'],
      ['treats line ends as spaces', '<p>one\n   two</p>', 'one two'],
      ['decodes entities', '<p>&lt;b&gt; &amp;amp; &nbsp;&eacute;&#128512;</p>', '<b> &amp; é😀'],
      [
        'drops scripts, styles, drawings',
        '<script>x()</script><style>p{}</style><svg><text>t</text></svg><p>a</p>',
        'a',
      ],
      ['keeps the text of images', '<p><img alt="A &amp; B" src="x"></p>', 'A & B'],
      ['may be in capitals', '<P>a<BR>b</P>', 'a\nb'],
      ['may be indented and spaced', '<div>\n\n    <p>a</p>\n\n        <p>b</p>\n\n</div>', 'a\nb'],
      ['may be broken', '<div id=1><p>a</b></ul></td><p>b <a href="x>c > d', 'a\nb <a href="x>c > d'],
      ['is nothing when its elements are empty', '<p>&nbsp;<br></p><div></div>', null],
    ]);
  });

  describe('from JSON', () => {
    each('paragraph', [
      ['reads its text field', { text: 'a **b**' }, 'a b'],
      ['reads Markdown in it', { id: 7, markdown: 'a\n\n- b' }, 'a\nb'],
      ['reads one of several forms', { html: '<p>a</p>', plain: 'a' }, 'a'],
      ['drops U+0000', { text: 'a\u0000b' }, 'ab'],
      [
        'joins the pieces of a line',
        node('doc', node('paragraph', words('a*b '), words('c', 'bold'), words('d'))),
        'a*b cd',
      ],
      ['separates nodes', node('doc', paragraph('a'), node('image'), paragraph('b')), 'a\nb'],
      ['reads Slate', [{ type: 'p', children: [{ text: 'a ' }, { text: 'b', bold: true }] }], 'a b'],
      [
        'reads Quill',
        { ops: [{ insert: 'a ' }, { insert: 'b', attributes: { bold: true } }, { insert: '\nc\n' }] },
        'a b\nc',
      ],
      ['reads Editor.js', { blocks: [{ id: 'x1', type: 'paragraph', data: { text: 'a <b>b</b>' } }] }, 'a b'],
      ['reads Notion', { rich_text: [{ type: 'text', text: { content: 'a' }, plain_text: 'a' }] }, 'a'],
      [
        'reads Lexical',
        { root: { direction: 'ltr', children: [{ type: 'text', text: 'a', mode: 'normal' }, { type: 'linebreak' }] } },
        'a',
      ],
      [
        'reads mentions and images',
        node('p', words('Hi '), { type: 'mention', attrs: { id: 'u1', label: 'Bo' } }),
        'Hi Bo',
      ],
      ['of an unexpected shape is its strings in order', { q: { w: 'x', n: 3 }, e: ['y', [{ r: 'z' }]] }, 'x\ny\nz'],
      ['leaves out metadata', { uuid: 'u', noteId: 'n', created_at: 'c', url: 'http://x', caption: 'a' }, 'a'],
      ['is nothing when it holds no text', { type: 'divider', text: null, n: 1, ok: true }, null],
      ['is nothing when null', null, null],
      ['is nothing when empty', [{}, [], ''], null],
      ['may be a number', 42, '42'],
    ]);

    test('reads a string', () => {
      expect(textOf('paragraph', 'a *b*', 'json')).toBe('a b');
    });
    test('reads an object that was stored as a string', () => {
      expect(textOf('paragraph', '{"text":"a"}', 'json')).toBe('a');
    });
    test('reads an object in a text column', () => {
      expect(textOf('paragraph', ' {"text": "a \\u0000\\ud800 b"}\n')).toBe('a b');
    });
    test('is plain text if it is broken', () => {
      expect(textOf('paragraph', '{"text": "a"')).toBe('{"text": "a"');
    });
  });

  test('is nothing when NULL', () => {
    expect(blockText({ type: 'paragraph', content: null, contentFormat: 'text', noteTitle: 'Guide' })).toBeNull();
  });
});

describe('a heading follows its note’s title', () => {
  each('heading', [
    ['from plain text', 'Set up', 'Guide > Set up'],
    ['from Markdown', '## Set *up* `x`', 'Guide > Set up x'],
    ['from HTML', '<h2 id="s">Set &amp; up</h2>', 'Guide > Set & up'],
    ['from JSON', { level: 2, text: 'Set <b>up</b>' }, 'Guide > Set up'],
    ['from nodes', { type: 'heading', attrs: { level: 2 }, content: [words('Set '), words('up')] }, 'Guide > Set up'],
    ['on one line', 'Set\nup\n\nnow', 'Guide > Set up now'],
    ['with its number', '2. Set up', 'Guide > 2. Set up'],
    ['not when it is empty', ' ', null],
    ['not when its JSON is empty', { level: 1, text: '' }, null],
  ]);

  test.each([
    [null, 'a'],
    ['', 'a'],
    [' \u200b', 'a'],
    [' My \n note\u0000 ', 'My note > a'],
    ['*Plain* <b>', '*Plain* <b> > a'],
  ])('title %j gives %j', (title, expected) => {
    expect(textOf('heading', 'a', 'text', title)).toBe(expected);
  });
});

describe('a list is one line per item', () => {
  describe('from text', () => {
    each('list', [
      ['from Markdown', '- a\n- **b**\n* c', 'a\nb\nc'],
      ['with nested items indented', '- a\n  - b\n    - c\n- d', 'a\n  b\n    c\nd'],
      ['numbered if ordered', '3. a\n4. b\n   - c\n5. d', '3. a\n4. b\n  c\n5. d'],
      ['ordered within unordered', '- a\n  1. b\n  2. c', 'a\n  1. b\n  2. c'],
      ['one line for an item with several paragraphs', '- a\n  b\n\n  c\n- d', 'a b c\nd'],
      ['without a mark for empty items', '1. a\n2.\n3. c', '1. a\n3. c'],
      ['with its tasks', '- [x] a\n- [ ] b', '[x] a\n[ ] b'],
      ['from HTML', '<ul><li>a &lt;</li><li><p>b</p><p>c<br>d</p></li></ul>', 'a <\nb c d'],
      [
        'from HTML that is nested',
        '<ul><li>a<ol start="4"><li>b<li>c</ol>d</li><ul><li>e</ul></ul>',
        'a\n  4. b\n  5. c\nd\n  e',
      ],
      ['from plain lines', 'a\nb', 'a\nb'],
      ['of CJK, emoji, right-to-left', '- 項目\n- 🍎\n- תפוח', '項目\n🍎\nתפוח'],
      ['from JSON as text', '["a", "b"]', 'a\nb'],
      ['nothing when empty', '-\n-', null],
    ]);
  });

  describe('from JSON', () => {
    const item = (...content: unknown[]) => node('listItem', ...content);
    each('list', [
      ['strings', ['a', '<b>b</b>', 'c\nd', '1. May'], 'a\nb\nc d\n1. May'],
      ['numbers and nothing', [1, true, null, '', { text: '' }], '1\ntrue'],
      ['arrays within arrays', ['a', ['b', ['c']], 'd'], 'a\n  b\n    c\nd'],
      ['items', { items: ['a', { text: 'b' }, { content: 'c' }] }, 'a\nb\nc'],
      [
        'nested items, in the order of their parent',
        {
          ordered: true,
          items: [
            { items: ['b'], text: 'a' },
            { text: 'c', children: [{ content: 'd', nested: ['e'] }] },
          ],
        },
        '1. a\n  1. b\n2. c\n  1. d\n    1. e',
      ],
      [
        'a nested list of another kind',
        { ordered: true, items: [{ text: 'a', nested: { ordered: false, items: ['b'] } }] },
        '1. a\n  b',
      ],
      [
        'Editor.js',
        { data: { style: 'ordered', meta: { start: 3 }, items: [{ content: 'a', meta: {}, items: [] }] } },
        '3. a',
      ],
      [
        'ProseMirror',
        node(
          'doc',
          node('orderedList', item(paragraph('a'), node('bulletList', item(paragraph('b')))), item(paragraph('c'))),
        ),
        '1. a\n  b\n2. c',
      ],
      ['Slate', { type: 'ul', children: [{ type: 'li', children: [{ text: 'a ' }, { text: 'b' }] }] }, 'a b'],
      ['BlockNote', [{ type: 'numberedListItem', content: [words('a')], children: [] }], '1. a'],
      ['Markdown', { markdown: '- a\n- b' }, 'a\nb'],
      ['of an unexpected shape is its strings', { a: 'x', b: { c: 'y' } }, 'x\ny'],
      ['nothing when empty', { items: [] }, null],
    ]);
  });
});

describe('a table is one line per row', () => {
  describe('from Markdown', () => {
    each('table', [
      ['each value after its header', '| A | B |\n|---|:-:|\n| 1 | **2** |', 'A: 1; B: 2'],
      ['without outer pipes', 'A | B\n--|--\n1 | 2', 'A: 1; B: 2'],
      ['of ragged rows', '| A | B |\n|---|---|\n| 1 |\n| 1 | 2 | 3 |', 'A: 1\nA: 1; B: 2; 3'],
      ['of a ragged header', '| A | B |\n|---|\n| 1 | 2 |', 'A: 1; B: 2'],
      ['with pipes in cells', '| A |\n|---|\n| a \\| b `c\\|d` |', 'A: a | b c|d'],
      ['with line breaks in cells', '| A | B |\n|---|---|\n| a<br>b | c |', 'A: a b; B: c'],
      ['with empty headers and cells', '| | B |\n|---|---|\n| r | 1 |\n| s | |\n| | |', 'r; B: 1\ns'],
      ['of headers only', '| A | B |\n|---|---|', 'A; B'],
      ['with text around it', 'See:\n| A |\n|---|\n| 1 |\n\nend', 'See:\nA: 1\nend'],
      ['of CJK, emoji, right-to-left', '| 名前 | שם |\n|---|---|\n| 🍎 | תפוח |', '名前: 🍎; שם: תפוח'],
      ['plain text if it is not a table', 'a, b\n1, 2', 'a, b\n1, 2'],
      ['nothing when empty', '| |\n|---|\n| |', null],
    ]);
  });

  describe('from HTML', () => {
    const table = (rows: string) => `<table>${rows}</table>`;
    each('table', [
      ['with a head', table('<thead><tr><th>A<th>B</thead><tbody><tr><td>1<td>2 &amp; 3</tbody>'), 'A: 1; B: 2 & 3'],
      ['with cells of td in its head', table('<thead><tr><td>A</td></tr></thead><tr><td>1</td></tr>'), 'A: 1'],
      [
        'with headers in its first column',
        table('<tr><th>A:</th><td>1</td></tr><tr><th>B</th><td>2</td></tr>'),
        'A: 1\nB: 2',
      ],
      ['without headers', table('<tr><td>1</td><td>2</td></tr>'), '1; 2'],
      ['of ragged rows', table('<tr><th>A</th></tr><tr><td>1</td><td>2</td></tr><tr></tr>'), 'A: 1; 2'],
      [
        'with blocks in cells',
        table('<tr><th>A</th></tr><tr><td><p>a</p><ul><li>b</li></ul>c<br>d</td></tr>'),
        'A: a b c d',
      ],
      [
        'with cells that span',
        table('<tr><th rowspan=2>Q<th colspan=2>A<tr><th>a<th>b<tr><td rowspan=2>1<td>2<td>3<tr><td>4<td>5'),
        'Q: 1; A a: 2; A b: 3\nA a: 4; A b: 5',
      ],
      ['with a table in a cell', table(`<tr><td>${table('<tr><td>a<td>b')}</td><td>c</td></tr>`), 'a b; c'],
      ['after its caption', table('<caption>Cap</caption><tr><td>1'), 'Cap\n1'],
    ]);
  });

  describe('from JSON', () => {
    const cell = (type: string, text: string) => node(type, paragraph(text));
    each('table', [
      ['headers and rows', { headers: ['A', 'B'], rows: [['1', '<b>2</b>']] }, 'A: 1; B: 2'],
      ['of ragged rows', { headers: ['A', 'B'], rows: [['1'], ['1', '2', '3'], []] }, 'A: 1\nA: 1; B: 2; 3'],
      ['numbers, booleans, null', { headers: ['A', 'B', 'C'], rows: [[0, false, null]] }, 'A: 0; B: false'],
      ['with pipes and line breaks in cells', { headers: ['A'], rows: [['a|b\nc']] }, 'A: a|b c'],
      ['with empty headers', { headers: ['', null, 'C'], rows: [['1', '2', '3']] }, '1; 2; C: 3'],
      ['of records, in the order of the headers', { columns: ['A', 'B'], rows: [{ B: 2, A: 1, id: 9 }] }, 'A: 1; B: 2'],
      [
        'of records with keys',
        { columns: [{ key: 'a', label: 'A' }, { key: 'b' }], rows: [{ a: 1, b: 2 }] },
        'A: 1; b: 2',
      ],
      ['of records alone', [{ name: 'x', type: 'y' }, { name: 'z' }], 'name: x; type: y\nname: z'],
      ['arrays alone', [['a', 'b'], ['c']], 'a; b\nc'],
      ['Editor.js', { type: 'table', data: { withHeadings: true, content: [['A'], ['1']] } }, 'A: 1'],
      [
        'ProseMirror',
        node(
          'doc',
          node('table', node('tableRow', cell('tableHeader', 'A')), node('tableRow', cell('tableCell', '1'))),
        ),
        'A: 1',
      ],
      ['Markdown', { markdown: '|A|\n|-|\n|1|' }, 'A: 1'],
      ['after its caption', { caption: 'Cap', headers: ['A'], rows: [['1']] }, 'Cap\nA: 1'],
      ['of headers only', { headers: ['A', 'B'], rows: [] }, 'A; B'],
      ['of an unexpected shape is its strings', { a: ['x'], b: { c: 'y' } }, 'x\ny'],
      ['nothing when empty', { headers: [], rows: [[], {}] }, null],
    ]);
  });
});

describe('code is its language, then the code unchanged', () => {
  describe('from text', () => {
    each('code', [
      ['without a language', 'a = 1\n\n\tb  =  2', 'a = 1\n\n\tb  =  2'],
      ['without empty lines around it', '\n \n  a\n  b \n\n', '  a\n  b'],
      ['holding HTML', '<p>a &amp; <b>b</b></p>\n<!-- c -->', '<p>a &amp; <b>b</b></p>\n<!-- c -->'],
      ['holding Markdown', '# a\n- *b*', '# a\n- *b*'],
      ['holding JSON', '{\n  "code": 1,\n  "text": "x"\n}', '{\n  "code": 1,\n  "text": "x"\n}'],
      ['from a fence', '```ts {1}\na < b\n\n  c\n```', 'ts\na < b\n\n  c'],
      ['from a fence of tildes', '~~~\na\n~~~\n', 'a'],
      ['from a fence that holds a fence', '````md\n```\na\n```\n````', 'md\n```\na\n```'],
      ['not from two fences', '```js\na\n```\n```js\nb\n```', '```js\na\n```\n```js\nb\n```'],
      ['not from an open fence', '```js\na', '```js\na'],
      ['from HTML', '<pre><code class="hljs language-html">&lt;b&gt; <i>x</i>\n  y</code></pre>', 'html\n<b> x\n  y'],
      [
        'not from HTML followed by other text',
        '<pre><code>a &lt; b</code></pre>!',
        '<pre><code>a &lt; b</code></pre>!',
      ],
      ['from an object with its fields', '{"language": "py", "code": "a = 1"}', 'py\na = 1'],
      ['without control and zero-width characters', '\ufeffa\u0000 =\u200b 1\r\nb', 'a = 1\nb'],
      ['of CJK, emoji, right-to-left', '// 注釈 🚀 שלום', '// 注釈 🚀 שלום'],
      ['nothing when white space', ' \n\t\n', null],
      ['nothing when there is only a language', '```js\n```', null],
    ]);
  });

  describe('from JSON', () => {
    each('code', [
      ['its fields', { language: 'sql', code: 'SELECT 1;\n  -- <b>&lt;' }, 'sql\nSELECT 1;\n  -- <b>&lt;'],
      ['other names of them', { lang: 'c', source: 'a' }, 'c\na'],
      ['Editor.js', { type: 'code', data: { code: 'a', language: 'Go' } }, 'Go\na'],
      ['ProseMirror', { type: 'codeBlock', attrs: { language: 'go' }, content: [words('a\n  b')] }, 'go\na\n  b'],
      ['Notion', { language: 'c', rich_text: [{ type: 'text', text: { content: 'a' }, plain_text: 'a' }] }, 'c\na'],
      ['lines', ['a', '  b'], 'a\n  b'],
      ['of an unexpected shape is its strings', { x: 'a', y: ['b'] }, 'a\nb'],
      ['nothing when empty', { language: 'js', code: '' }, null],
      ['nothing when null', null, null],
    ]);

    test('a string', () => {
      expect(textOf('code', '{"language": "js"}', 'json')).toBe('{"language": "js"}');
    });
  });
});

describe('other blocks', () => {
  test.each(['graph TD; A-->B', '{"code": "graph TD"}'])('a diagram has no text: %s', (content) => {
    expect(textOf('mermaid', content)).toBeNull();
  });

  describe('of an unknown type are the text they contain', () => {
    each('callout', [
      ['from plain text', 'Mind the gap', 'Mind the gap'],
      ['from Markdown', '> **Note**\n> text', 'Note\ntext'],
      ['from HTML', '<aside><b>Note</b> text</aside>', 'Note text'],
      ['from JSON', { type: 'callout', icon: '💡', title: 'Note', text: 'text' }, 'Note\ntext'],
      [
        'with lists and tables',
        node('x', node('bulletList', paragraph('a')), { headers: ['A'], rows: [[1]] }),
        'a\nA: 1',
      ],
      ['nothing when they contain none', { url: 'http://x' }, null],
    ]);
  });
});

describe('1 MB of anything takes well under 2 s', () => {
  const fill = (piece: string, length = 1_000_000) => piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
  const nested = (open: string, close: string, depth = 100_000) => `${open.repeat(depth)}"x"${close.repeat(depth)}`;
  const rows = Array.from({ length: 30_000 }, (_, i) => [`item <b>${i}</b>`, i, true]);

  test.each([
    ['paragraph', 'prose', fill('The *quick* brown fox jumps over the `lazy` dog. ')],
    ['paragraph', 'CJK', fill('知識ベースの段落です。')],
    ['paragraph', 'HTML', fill('<p>The <em>quick</em> brown fox &amp; co.</p>\n')],
    ['paragraph', 'spaces', `a${fill(' \t\u3000')}b`],
    ['paragraph', 'line ends', fill('\n')],
    ['paragraph', 'marks on one letter', `a${fill('\u0301\u0323')}`],
    ['paragraph', 'brackets', fill('[')],
    ['paragraph', 'images that do not close', fill('![')],
    ['paragraph', 'emphasis that does not close', fill('*a **b _c ')],
    ['paragraph', 'backticks', fill('`a``b```')],
    ['paragraph', 'angle brackets', fill('<')],
    ['paragraph', 'comments that do not close', `x ${fill('<!--')}`],
    ['paragraph', 'tags that do not close', `x ${fill('<a b="c" ')}`],
    ['paragraph', 'elements that do not close', `${fill('<b>', 500_000)}${fill('</i>', 500_000)}`],
    ['paragraph', 'quotations', `${'> '.repeat(90)}${fill('a\n')}`],
    ['paragraph', 'deep quotations', fill('>')],
    ['list', 'items in Markdown', Array.from({ length: 50_000 }, (_, i) => `- item number ${i}`).join('\n')],
    ['list', 'items in JSON', JSON.stringify({ items: rows.map(([text]) => ({ text })) })],
    ['list', 'nested items in Markdown', fill('- ')],
    ['list', 'nested items in HTML', fill('<ul><li>a')],
    ['list', 'nested items in JSON', nested('{"items":[', ']}')],
    ['table', 'rows in Markdown', `|A|B|\n|-|-|\n${fill('|some value|2|\n')}`],
    ['table', 'rows in JSON', JSON.stringify({ headers: ['A', 'B', 'C'], rows })],
    ['table', 'pipes', fill('|')],
    ['table', 'a header as long as its table', `<table><tr><th>${fill('h', 500_000)}${fill('<tr><td>1', 500_000)}`],
    ['table', 'cells that span', `<table><tr>${fill('<td rowspan=65000>', 500_000)}${fill('<tr><td>1', 500_000)}`],
    ['code', 'lines', fill('if (a < b) { c[0] = "&amp;"; }\n')],
    ['code', 'fences', fill('```\n')],
    ['other', 'strings in JSON', JSON.stringify(fill('a*b,', 300_000).split(','))],
    ['other', 'deep arrays', nested('[', ']')],
    ['other', 'deep objects', nested('{"a":', '}')],
    ['other', 'arrays that do not close', fill('[')],
  ])('a %s of %s', (type, _name, content) => {
    // CPU time, not wall time: other tests run at the same time.
    const start = process.cpuUsage();
    textOf(type, content);
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(2000);
  });

  test('keeps every word', () => {
    expect(textOf('paragraph', fill('word '))?.split(' ')).toHaveLength(200_000);
    expect(textOf('list', fill('- item\n'))?.split('\n')).toHaveLength(142_858);
  });

  test('does not grow with headers or indentation', () => {
    const table = `<table><tr><th>${fill('h', 5_000)}${fill('<tr><td>1', 100_000)}`;
    expect(textOf('table', table)?.length).toBeLessThan(1_200_000);
    expect(textOf('list', '<ul><li>a'.repeat(10_000))?.length).toBeLessThan(300_000);
  });
});
