import { redact } from '../../src/embedder/redact.js';

const TEXT = 'Represent this section: the root password is hunter2, do not tell.';

describe('a server’s message', () => {
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
  ])('is shown without secrets and texts: %s', (_, message, shown) => {
    expect(redact(message, ['k3y-k3y'], ['another', 'a\n"b"', TEXT, ''])).toBe(shown);
  });

  it.each([16, 17, 23, 40])('contains no %i consecutive characters of a text, from any position', (length) => {
    for (let from = 0; from + length <= TEXT.length; from++) {
      const shown = redact(`Bad: <${TEXT.slice(from, from + length)}>`, [], [TEXT]);
      expect(shown).toBe('Bad: <[…]>');
    }
  });

  const QUOTED = 'Über "Löhne" & <b>Gehälter</b>:\n12345 Euro für Herrn Müller';
  const ascii = (text: string) =>
    text.replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  it.each([
    ['in JSON of ASCII', ascii(JSON.stringify(QUOTED).slice(1, -1).replaceAll('\\n', '\n')).replace('\\u000a', '\\n')],
    ['in JSON within JSON', JSON.stringify(JSON.stringify(QUOTED))],
    ['in HTML', QUOTED.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;').replace('ü', '&#252;')],
    ['in a URL', encodeURIComponent(QUOTED)],
    ['in a form', new URLSearchParams({ q: QUOTED }).toString()],
    [
      'in Python’s bytes',
      [...Buffer.from(QUOTED)]
        .map((byte) => (byte < 127 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`))
        .join(''),
    ],
    ['decomposed', QUOTED.normalize('NFD')],
    ['in capitals', QUOTED.toUpperCase()],
    ['with its white space changed', QUOTED.replace(/\s+/g, '  ')],
  ])('contains no text that is escaped or written differently: %s', (_, quoted) => {
    const shown = redact(`Bad: ${quoted} (400)`, [], [`Represent: ${QUOTED}`]);
    expect(shown).toMatch(/^Bad: \W{0,6}(q=)?\[…\]\W{0,6}\(400\)$/);
  });

  it.each(['k3y-****4b7c', 'k3y-...4b7c', 'k3y-…4b7c'])('contains no partly masked key: %s', (masked) => {
    expect(redact(`Incorrect key: ${masked}.`, ['k3y-9f8e7d4b7c'], [])).toBe('Incorrect key: ***.');
    expect(redact('please wait... or not', ['k3y-9f8e7d4b7c'], [])).toBe('please wait... or not');
  });

  it.each(['a', '\\', '&', '%41'])('is read quickly beside megabytes of similar text: %s', (piece) => {
    const started = performance.now();
    redact(piece.repeat(100_000), [], [piece.repeat(8_000_000 / piece.length)]);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
