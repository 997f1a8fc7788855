import { readHeading } from '../../../src/blocks/context/heading.js';

describe('a heading', () => {
  it.each<[where: string, content: unknown, level: number]>([
    ['Markdown', '### Set-up', 3],
    ['Markdown with a line below', 'Set-up\n------', 2],
    ['HTML', '<h4 id="a">Set-up</h4>', 4],
    ['the platform’s JSON', { text: 'Set-up', level: 2 }, 2],
    ['Tiptap', { type: 'heading', attrs: { level: 3 }, content: [{ type: 'text', text: 'Set-up' }] }, 3],
    [
      'a document of Tiptap',
      { type: 'doc', content: [{ type: 'heading', attrs: { level: 2 }, content: [{ type: 'text', text: 'Set-up' }] }] },
      2,
    ],
    ['Editor.js', { type: 'header', data: { text: 'Set-up', level: 4 } }, 4],
    ['BlockNote', { type: 'heading', props: { level: 2 }, content: [{ type: 'text', text: 'Set-up', styles: {} }] }, 2],
    ['Notion', { type: 'heading_3', heading_3: { rich_text: [{ plain_text: 'Set-up' }] } }, 3],
    [
      'Lexical',
      { type: 'heading', tag: 'h5', version: 1, children: [{ type: 'text', version: 1, text: 'Set-up' }] },
      5,
    ],
    ['Portable Text', { _type: 'block', style: 'h2', children: [{ _type: 'span', text: 'Set-up' }] }, 2],
    ['Quill', { ops: [{ insert: 'Set-up' }, { insert: '\n', attributes: { header: 2 } }] }, 2],
    ['text without a level', 'Set-up', 1],
  ])('has its level in %s', (_, content, level) => {
    expect(readHeading(JSON.stringify(content), 'json')).toEqual({ level, text: 'Set-up' });
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    expect(readHeading(text, 'text')).toEqual({ level, text: 'Set-up' });
  });

  it.each(['', 'null', '{}', '[[[', '"\\u0000"'])('without text has level 1: %j', (content) => {
    expect(readHeading(content, 'json').level).toBe(1);
  });
});
