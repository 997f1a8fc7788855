import { blockText } from '../../src/text/block-text.js';

const textOf = (content: string, type = 'paragraph') =>
  blockText({ type, content, contentFormat: 'text', noteTitle: 'A note' }) ?? '';
const pieces = (text: string) => text.split(' ').map((piece) => Array.from(piece).length);
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

describe('a long run without white space', () => {
  it.each(['paragraph', 'heading', 'list', 'code', 'table', 'callout'])('is broken up in a %s', (type) => {
    expect(Math.max(...pieces(textOf('x'.repeat(4_000), type)))).toBe(100);
  });

  it('gets a space after every 100 characters, and nothing else changes', () => {
    const run = 'aB3'.repeat(150);
    const text = textOf(`before ${run} after`);
    expect(pieces(text)).toEqual([6, 100, 100, 100, 100, 50, 5]);
    expect(text.replaceAll(' ', '')).toBe(`before${run}after`);
  });

  it('is unchanged up to 200 characters, and so are any number of lines and words', () => {
    for (const text of ['x'.repeat(200), `${'y'.repeat(76)}\n`.repeat(50).trim(), 'a word '.repeat(500).trim()]) {
      expect(textOf(text)).toBe(text);
    }
  });

  it('is broken up in code without a change to the lines', () => {
    const line = `const a=${'[1,2],'.repeat(60)};`;
    const text = textOf(`${line}\n\n  return a;`, 'code');
    expect(text.replace(/(\S{100}) (?=\S)/g, '$1')).toBe(`${line}\n\n  return a;`);
    expect(Math.max(...pieces(text.split('\n')[0] ?? ''))).toBe(100);
  });

  it.each([
    ['Chinese', '知识库的内容，'],
    ['Japanese', 'データーベースを、'],
    ['Thai', 'ฐานข้อมูลความรู้'],
    ['Lao', 'ຖານຂໍ້ມູນ'],
    ['Khmer', 'មូលដ្ឋានទិន្នន័យ'],
    ['Burmese', 'အချက်အလက်'],
    ['Tibetan', 'གཞི་གྲངས་མཛོད་'],
  ])('is prose in %s, which is written without spaces, and stays', (_, words) => {
    const prose = words.repeat(60);
    expect(textOf(prose)).toBe(prose.normalize('NFC'));
    expect(textOf(prose + 'x'.repeat(300))).toContain(`${'x'.repeat(100)} x`);
  });

  it.each(['👍🏽', '🇩🇪', 'ẹ́', '🏴\u{E0067}\u{E0062}\u{E007F}', '❤️', 'क्षि', 'நி', '한', '😀'])(
    'is not broken within a user-perceived character: %s',
    (unit) => {
      for (const before of ['', 'a', 'ab']) {
        const text = textOf(before + unit.repeat(300));
        const ends = new Set(Array.from(segmenter.segment(text.replaceAll(' ', '')), ({ index }) => index));
        let at = 0;
        for (const piece of text.split(' ').slice(0, -1)) expect(ends).toContain((at += piece.length));
        expect(text).toContain(' ');
        expect(text.replaceAll(' ', '')).toBe((before + unit.repeat(300)).normalize('NFC'));
      }
    },
  );

  it.each([
    ['letters', 'x'],
    ['emoji', '👍🏽'],
    ['Devanagari', 'क्षि'],
    ['Han', '漢'],
    ['both', `漢${'x'.repeat(250)}`],
  ])('of a megabyte of %s takes linear time', (_, unit) => {
    const started = performance.now();
    textOf(unit.repeat(1_000_000 / unit.length), 'code');
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
