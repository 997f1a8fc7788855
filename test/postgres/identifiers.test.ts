import { onOneLine, readColumnName, readTableName } from '../../src/postgres/identifiers.js';

describe('a table name', () => {
  it.each<[string, string[][]]>([
    ['public.blocks', [['public', 'blocks']]],
    ['blocks', [['blocks']]],
    [
      '"Pal-E".content_blocks',
      [
        ['Pal-E', 'content_blocks'],
        ['"Pal-E"', 'content_blocks'],
      ],
    ],
    ['"we.ird"."Blo""cks"', [['we.ird', 'Blo"cks']]],
    [
      ' Public . "Blocks" ',
      [
        ['public', 'Blocks'],
        [' Public ', ' "Blocks" '],
      ],
    ],
    [
      'Public.Blocks',
      [
        ['public', 'blocks'],
        ['Public', 'Blocks'],
      ],
    ],
    ['Pal-E.content_blocks', [['Pal-E', 'content_blocks']]],
    ['Knowledge "Base".Blöcke; --', [['Knowledge "Base"', 'Blöcke; --']]],
    ['Blöcke', [['blöcke'], ['Blöcke']]],
    ['"12345"', [['12345'], ['"12345"']]],
    ['12345', [['12345']]],
  ])('%s is read as SQL reads it, then literally', (text, readings) => {
    expect(readTableName(text)).toEqual(readings);
  });

  it.each([
    ['a.b.c', /is not a table name: give table or schema\.table/],
    ['"a"."b"."c"', /is not a table name/],
    ['', /is not a table name/],
    ['a.', /is not a table name/],
    ['a\0b', /is not a table name/],
    ['"Pal-E.content_blocks', /has an unclosed quote/],
    ['public."blocks', /has an unclosed quote/],
    ['"Blo""cks', /has an unclosed quote/],
  ])('cannot be %j', (text, reason) => {
    expect(() => readTableName(text)).toThrow(reason);
  });
});

describe('a column name', () => {
  it.each<[string, string[]]>([
    ['content', ['content']],
    ['"Body Text"', ['Body Text', '"Body Text"']],
    ['blockType', ['blocktype', 'blockType']],
    ['note id', ['note id']],
    ['a.b', ['a.b']],
    ['"a.b"', ['a.b', '"a.b"']],
  ])('%s is read as SQL reads it, then literally', (text, names) => {
    expect(readColumnName(text)).toEqual(names);
  });

  it.each(['', ' ', '"Body Text', 'a\0b'])('cannot be %j', (text) => {
    expect(() => readColumnName(text)).toThrow();
  });
});

it('puts SQL on one line, except for quoted text', () => {
  expect(onOneLine(`CASE\n    WHEN a = 'b''\n  c' THEN "d\n" END`)).toBe(`CASE WHEN a = 'b''\n  c' THEN "d\n" END`);
});
