import { BlockTexts } from '../../../src/blocks/context/block-texts.js';
import type { ContextKind } from '../../../src/blocks/context/kinds.js';

const heading = (text: string, level: number) => JSON.stringify({ text, level });
const ABOVE = [heading('Set-up', 1), heading('macOS', 2), heading('Linux', 2)];

function textOf(context: ContextKind, type: string, content: string, headingsAbove: readonly string[] = ABOVE) {
  const texts = new BlockTexts({ context, contentFormat: 'json' });
  return texts.of({ type, content, noteTitle: ' The\nguide ', headingsAbove });
}

describe('the text of a block', () => {
  it.each<[ContextKind, string, string]>([
    ['headings', '', 'The guide > '],
    ['title', 'The guide\n', 'The guide > '],
    ['path', 'The guide > Set-up > Linux\n', 'The guide > Set-up > Linux > '],
  ])('has with `%s` the context %j, and as a heading %j', (kind, ofParagraph, ofHeading) => {
    expect(textOf(kind, 'paragraph', '"Run it."')).toEqual({ context: ofParagraph, text: 'Run it.' });
    expect(textOf(kind, 'heading', heading('Debian', 3))).toEqual({ context: ofHeading, text: 'Debian' });
  });

  it.each(['headings', 'title', 'path'] as const)('is null with `%s` if the block has none', (kind) => {
    expect(textOf(kind, 'paragraph', '" "')).toBeNull();
    expect(textOf(kind, 'mermaid', '"graph TD"')).toBeNull();
  });

  it.each([
    ['a heading of its own level is not above it', 'heading', heading('Windows', 2), ABOVE, 'The guide > Set-up > '],
    ['a heading of level 1 is below the title only', 'heading', heading('Use', 1), ABOVE, 'The guide > '],
    ['a level may be left out', 'paragraph', '"x"', [heading('A', 2), heading('B', 4)], 'The guide > A > B\n'],
    ['a heading ends those of lower levels', 'paragraph', '"x"', [...ABOVE, heading('Use', 1)], 'The guide > Use\n'],
    [
      'a first heading may be of a lower level',
      'paragraph',
      '"x"',
      [heading('A', 3), heading('B', 2)],
      'The guide > B\n',
    ],
    ['a heading without text ends a section', 'paragraph', '"x"', [...ABOVE, heading('', 2)], 'The guide > Set-up\n'],
    ['a heading without a level has level 1', 'paragraph', '"x"', ['"A"', '"B"'], 'The guide > B\n'],
    ['nothing is above it', 'paragraph', '"x"', [], 'The guide\n'],
  ])('has in its path what is above it: %s', (_, type, content, above, context) => {
    expect(textOf('path', type, content, above)?.context).toBe(context);
  });

  it('has no context in a note without title and headings', () => {
    const texts = new BlockTexts({ context: 'path', contentFormat: 'text' });
    const block = { type: 'heading', content: 'Alone', noteTitle: null, headingsAbove: [] };
    expect(texts.of(block)).toEqual({ context: '', text: 'Alone' });
  });
});
