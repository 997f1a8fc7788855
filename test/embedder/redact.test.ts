import { redact } from '../../src/embedder/redact.js';

const TEXT = 'Represent this section: the root password is hunter2, do not tell.';

describe('what a server said', () => {
  it.each([
    ['nothing of the text', 'This model does not support that', 'This model does not support that'],
    ['words that it shares with the text', 'this section: no', 'this section: no'],
    ['the text', `Bad input "${TEXT}" here`, 'Bad input "[the text]" here'],
    ['the text, escaped', 'Bad input "a\\n\\"b\\"" here', 'Bad input "[the text]" here'],
    ['the beginning of the text', `Bad: ${TEXT.slice(0, 30)}…`, 'Bad: […]…'],
    ['a part of the text', 'Bad token near "password is hunter2, do"', 'Bad token near "[…]"'],
    [
      'two parts of the text',
      'Near "the root password", "do not tell." and "is hunter2, do not"',
      'Near "[…]", "do not tell." and "[…]"',
    ],
    ['the key', 'Incorrect API key: k3y-k3y. Try k3y-k3y', 'Incorrect API key: ***. Try ***'],
  ])('is shown without what was sent: %s', (_, message, shown) => {
    expect(redact(message, ['k3y-k3y'], ['another', 'a\n"b"', TEXT, ''])).toBe(shown);
  });

  it.each([16, 17, 23, 40])('holds no %i characters in a row of a text, wherever they stand in it', (length) => {
    for (let from = 0; from + length <= TEXT.length; from++) {
      const shown = redact(`Bad: <${TEXT.slice(from, from + length)}>`, [], [TEXT]);
      expect(shown).toBe('Bad: <[…]>');
    }
  });

  it('is read in no time beside megabytes of text that is like it', () => {
    const started = performance.now();
    redact('a'.repeat(100_000), [], ['a'.repeat(8_000_000)]);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
