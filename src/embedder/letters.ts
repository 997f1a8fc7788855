/**
 * An escaped character in JSON (nested, too), Python's bytes, URLs or HTML. Every repetition has an upper bound: without one,
 * megabytes overflow the stack of the regular expression.
 */
const ESCAPE = [
  /\\{1,8}u(?<unit>[0-9a-f]{4})/,
  /(?<bytes>(?:(?:\\{1,8}x|%)[0-9a-f]{2}){1,1000})/,
  /&#x(?<hex>[0-9a-f]{1,6});/,
  /&#(?<decimal>\d{1,7});/,
  /&[a-z]{2,8};/,
  /\\{1,8}[abfnrtv0]/,
]
  .map(({ source }) => source)
  .join('|');
const ESCAPES = new RegExp(ESCAPE, 'gi');
const ESCAPE_OR_CHARACTER = new RegExp(`${ESCAPE}|[^]`, 'giu');

/** The letters and digits of a text. The letter `text[i]` stands at `from[i]` to `to[i]`. */
export interface LocatedLetters {
  readonly text: string;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** The letters and digits of a text, unescaped, without marks, in lower case. */
export function lettersOf(text: string): string {
  return plain(text.replace(ESCAPES, (...match) => unescaped(match.at(-1) as Escape)));
}

/** The same, with the position of each letter. */
export function locateLetters(text: string): LocatedLetters {
  let letters = '';
  const from: number[] = [];
  const to: number[] = [];
  for (const match of text.matchAll(ESCAPE_OR_CHARACTER)) {
    const [source] = match;
    const found = plain(/^[\\%&]./.test(source) ? unescaped(match.groups ?? {}) : source);
    for (let i = 0; i < found.length; i++) {
      from.push(match.index);
      to.push(match.index + source.length);
    }
    letters += found;
  }
  return { text: letters, from, to };
}

interface Escape {
  readonly unit?: string;
  readonly bytes?: string;
  readonly hex?: string;
  readonly decimal?: string;
}

/** @returns a space for an escape that is not a letter */
function unescaped({ unit, bytes, hex, decimal }: Escape): string {
  if (bytes !== undefined) return Buffer.from(bytes.replace(/\\+x|%/gi, ''), 'hex').toString();
  const point = (unit ?? hex !== undefined) ? parseInt(unit ?? hex ?? '', 16) : Number(decimal ?? 32);
  return point <= 0x10ffff ? String.fromCodePoint(point) : ' ';
}

function plain(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]{1,1000}/gu, '');
}
