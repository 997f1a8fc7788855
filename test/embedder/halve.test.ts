import { halve } from '../../src/embedder/halve.js';

describe('a halved text', () => {
  it.each([
    ['One sentence here. Another one here.', ['One sentence here. ', 'Another one here.']],
    ['Is it? It is! And now more of it.', ['Is it? It is! ', 'And now more of it.']],
    ['first line\nsecond line', ['first line\n', 'second line']],
    ['no sentence but words', ['no sentence ', 'but words']],
    ['He said "stop." Then he went.', ['He said "stop." ', 'Then he went.']],
    ['これは文です。これも文です。', ['これは文です。', 'これも文です。']],
    ['هل هذا سؤال؟ نعم هو سؤال.', ['هل هذا سؤال؟ ', 'نعم هو سؤال.']],
    ['abcdefgh', ['abcd', 'efgh']],
    ['ab', ['a', 'b']],
  ])('%j', (text, halves) => {
    expect(halve(text)).toEqual(halves);
  });

  it('is cut near its middle even if the only sentence ends elsewhere', () => {
    const [left, right] = halve(`Short. ${'x'.repeat(200)}`);
    expect(Math.abs(left.length - right.length)).toBeLessThan(110);
  });

  it.each([
    ['of emoji', '🐳'.repeat(33)],
    ['of a letter and emoji', `a${'🐳'.repeat(33)}`],
  ])('%s is not cut within a character', (_, text) => {
    for (const half of halve(text)) expect(half.isWellFormed()).toBe(true);
  });

  it.each([
    'a b',
    '. . . . . . . .',
    '\n\n\n\n',
    'x'.repeat(999),
    '🐳'.repeat(40),
    'One. '.repeat(100),
    `${' '.repeat(50)}word${' '.repeat(50)}`,
    'ẍ̈'.repeat(30),
  ])('loses nothing, and neither half is empty: %j', (text) => {
    const [left, right] = halve(text);
    expect(left + right).toBe(text);
    expect(left).not.toBe('');
    expect(right).not.toBe('');
  });

  it('of a megabyte without sentences is cut quickly', () => {
    const started = performance.now();
    halve('x'.repeat(1_000_000));
    halve('. '.repeat(500_000));
    halve('.'.repeat(1_000_000));
    halve('."'.repeat(500_000));
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
