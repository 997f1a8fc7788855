/**
 * How a character may be escaped: JSON, also nested; Python's bytes; URLs; HTML. No repetition without a bound: one over
 * megabytes overflows the expression's stack.
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
const SPELLED = new RegExp(`${ESCAPE}|[^]`, 'giu');

/** The letters and digits of a text, of which each stands in it from `from` to `to`. */
export interface SpelledLetters {
  readonly text: string;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** What a text is made of, however it is escaped: its letters and digits, without marks, in lower case. */
export function lettersOf(text: string): string {
  return plain(text.replace(ESCAPES, (...match) => unescaped(match.at(-1) as Escape)));
}

/** The same with where each letter stands. */
export function spelledLetters(text: string): SpelledLetters {
  let letters = '';
  const from: number[] = [];
  const to: number[] = [];
  for (const match of text.matchAll(SPELLED)) {
    const [spelled] = match;
    const found = plain(/^[\\%&]./.test(spelled) ? unescaped(match.groups ?? {}) : spelled);
    for (let i = 0; i < found.length; i++) {
      from.push(match.index);
      to.push(match.index + spelled.length);
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

/** @returns a space for what stands for no letter */
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
