import { blockText } from '../../src/text/block-text.js';

const textOf = (content: string, type = 'paragraph') =>
  blockText({ type, content, contentFormat: 'text', noteTitle: null });

/** Has the first bytes and the length of a small PNG. */
const PNG = `iVBORw0KGgoAAAANSUhEUgAA${Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 89) % 256)).toString('base64')}`;
const LINES = (PNG.match(/.{1,76}/g) ?? []).join('\n');
const URI = `data:image/png;base64,${PNG}`;
const SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='10'><path d='M0 0 L10 10'/></svg>";
const ENCODED = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'%3E%3Cpath d='M0 (0)'/%3E%3C/svg%3E";

describe('a file within a text', () => {
  it.each<[string, string, string]>([
    ['an image in Markdown', `Before ![the chart](${URI} "Title") after`, 'Before the chart after'],
    [
      'an image with a type that Markdown does not accept',
      `Before ![the chart](data:image/svg+xml;base64,${PNG}) after`,
      'Before the chart after',
    ],
    ['an unencoded SVG', `Before ![the chart](data:image/svg+xml;utf8,${SVG}) after`, 'Before the chart after'],
    ['a partly encoded SVG', `Before ![the chart](${ENCODED}) after`, 'Before the chart after'],
    ['an image between angle brackets', `Before ![the chart](<${URI}>) after`, 'Before the chart after'],
    ['a link', `See [the report](data:application/pdf;base64,${PNG}).`, 'See the report.'],
    [
      'definitions of references',
      `Text ![][image1] and ![the chart][Image2].\n\n[image1]: <${URI}>\n\n[image2]: ${URI} "Title"\n\nThe end.`,
      'Text and the chart.\nThe end.',
    ],
    ['a definition with the target on the next line', `![chart]\n\n[chart]:\n  ${URI}`, 'chart'],
    ['a bare URI', `Some text ${URI} more`, 'Some text more'],
    ['an autolink', `Some text <${URI}> more`, 'Some text more'],
    ['a URI over several lines', `Some text\ndata:image/png;base64,${LINES}\nmore 2024`, 'Some text\nmore 2024'],
    ['bare base64 over several lines', `Some text\n${LINES}\nmore`, 'Some text\nmore'],
    ['bare base64 in one line', `Some text ${PNG} more`, 'Some text more'],
    ['an image in HTML', `<p>a <img src="${URI}" alt="the chart"> b</p>`, 'a the chart b'],
    ['an image in HTML without quotes', `<p>a <img src=${URI} alt=chart> b</p>`, 'a chart b'],
    ['inline SVG', `<p>a</p>${SVG}<p>b</p>`, 'a\nb'],
    ['inline SVG in Markdown', `a\n\n<svg>\n\n  <path d="M0"/>\n\n<image href="${URI}"/>\n</svg>\n\nb`, 'a\nb'],
    [
      'a style',
      `a { background: url(${URI}) no-repeat } b { background: url("${ENCODED}") }`,
      'a { background: url() no-repeat } b { background: url("") }',
    ],
    ['a value in JSON', JSON.stringify({ picture: URI, raw: PNG, text: 'words' }), 'words'],
    [
      'an editor’s text',
      JSON.stringify({
        type: 'doc',
        content: [{ type: 'paragraph', content: [{ type: 'text', text: `see ${URI} here` }] }],
      }),
      'see here',
    ],
    ['a URI with parameters', 'a data:text/plain;charset=utf-8;base64,SGVsbG8gd29ybGQ= b', 'a b'],
    ['several', `${URI} ${URI}\n\n![x](${URI})`, 'x'],
  ])('is removed: %s', (_, content, expected) => {
    expect(textOf(content)).toBe(expected);
  });

  it('leaves a block without text if the block contains nothing else', () => {
    for (const content of [URI, PNG, LINES, `![](${URI})`, `[image1]: <${URI}>`]) expect(textOf(content)).toBeNull();
  });

  it('is removed from code', () => {
    expect(textOf(`const a = "${URI}";\nlogo: ${PNG}\n`, 'code')).toBe('const a = "";\nlogo:');
  });

  it.each([
    'The metadata:image/png,a of data: in data:,x',
    'data: text/plain, and so on',
    'A word like iVBORw0KGgo is short',
    'SGVsbG8gd29ybGQ'.repeat(6),
  ])('is not: %s', (content) => {
    expect(textOf(content)).toBe(content);
  });

  it.each([
    ['data:'],
    ['data:a/b;c='],
    ['"data:image/svg+xml,'],
    ['data:image/svg+xml,<svg '],
    ['iVBORw0KGgo'],
    ['[a]: data:image/png;base64,AA\n'],
    [`iVBORw0KGgo${'A'.repeat(65)}\n`],
    ['%2B'],
  ])('is searched for in linear time: a megabyte of %j', (unit) => {
    const started = performance.now();
    textOf(`data:image/png;base64,AA ${unit.repeat(1_000_000 / unit.length)}`, 'code');
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
