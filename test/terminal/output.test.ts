import { counted, duration, percent, printable } from '../../src/terminal/output.js';
import { cut, tableLines, wrap } from '../../src/terminal/table.js';

describe('the output of commands', () => {
  it.each([
    [0, '0 ms'],
    [0.85, '850 ms'],
    [1.4, '1 s'],
    [59.6, '1 min'],
    [60, '1 min'],
    [185, '3 min 5 s'],
    [3_599.9, '1 h'],
    [3_725, '1 h 2 min'],
    [86_400 * 2 + 3_600 * 4, '2 d 4 h'],
  ])('shows %d seconds as %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it.each([
    [0, '0.0 %'],
    [0.00001, '0.1 %'],
    [0.5, '50.0 %'],
    [0.99999, '99.9 %'],
    [1, '100.0 %'],
  ])('shows a share of %d as %s', (share, text) => {
    expect(percent(share)).toBe(text);
  });

  it('shows a count with its noun in the singular or plural', () => {
    expect([counted(0, 'block'), counted(1, 'block'), counted(12_345, 'block')]).toEqual([
      '0 blocks',
      '1 block',
      '12,345 blocks',
    ]);
  });

  it.each([
    ['a\n\tb  c', 'a b c'],
    ['\u001b[31mred\u0007', '␛[31mred␇'],
    ['\u009b5m and \u007f', '\ufffd5m and \ufffd'],
    ['left \u202eright\u2066', 'left right'],
    ['می\u200cخواهم 👩\u200d💻', 'می\u200cخواهم 👩\u200d💻'],
    ['half \ud83d', 'half \ufffd'],
  ])('shows %j as %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('lines up columns of text in any script', () => {
    expect(
      tableLines(
        [
          { title: 'note', maxWidth: 8 },
          { title: 'n', align: 'right' },
        ],
        [
          ['日本語', '1'],
          ['A very long title', '10'],
        ],
      ),
    ).toEqual(['note      n', '日本語    1', 'A very…  10']);
  });

  it('cuts text between characters, and wraps it between words', () => {
    expect(cut('日本語のノート', 7)).toBe('日本語…');
    expect(cut('👩‍💻👩‍💻👩‍💻', 5)).toBe('👩‍💻👩‍💻…');
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('one unbreakable', 4)).toEqual(['one', 'unbreakable']);
  });
});
