/** Longer than any word of a language that uses spaces. Characters. */
const MAX_RUN = 200;
/** Characters between two inserted spaces. */
const PIECE_LENGTH = 100;

/** Characters, punctuation and marks of scripts written without spaces: a long run of these is prose. */
const WITHOUT_SPACES = new RegExp(
  `[${[
    ...['Hani', 'Hira', 'Kana', 'Bopo', 'Yiii', 'Tang', 'Nshu', 'Kits', 'Thai', 'Laoo', 'Khmr', 'Mymr', 'Tibt'],
    ...['Lana', 'Talu', 'Tavt', 'Java', 'Bali', 'Cham', 'Phag'],
  ]
    .map((script) => `\\p{scx=${script}}`)
    .join('')}]`,
  'u',
);

/** Thai is the first of these scripts. Marks before it also belong to other scripts. */
const FIRST_WITHOUT_SPACES = 0x0e00;

/** Code points that may form one character with a neighbour: marks, flags, skin tones, conjoining Hangul. */
const JOINS = /^[\p{M}\p{Cf}\p{Emoji_Modifier}\p{Regional_Indicator}\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]$/u;
/** Longer than any user-perceived character: a letter has at most 30 marks. Code units. */
const MAX_CHARACTER_LENGTH = 64;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Inserts a space after every 100 characters of a run of more than 200 without white space, such as a key, a minified line or
 * a row of base64: the tokenizer of Ollama 0.21 takes 16 s for 4,000 times `x` and 68 s for 4,000 characters of base62, and
 * all other requests wait. Takes time linear in the text.
 */
export function breakLongRuns(text: string): string {
  const pieces: string[] = [];
  let copied = 0;
  /** Start of the run in code units, and its length in code points. */
  let start = 0;
  let length = 0;
  for (let at = 0; at <= text.length; at++) {
    const code = text.charCodeAt(at); // NaN after the last one, which ends the run
    if (isLowSurrogate(code)) continue; // counted with its high surrogate
    if (at < text.length && isOfRun(text, at, code)) {
      length++;
      continue;
    }
    if (length > MAX_RUN) {
      pieces.push(text.slice(copied, start), breakRun(text.slice(start, at)));
      copied = at;
    }
    start = at + (isHighSurrogate(code) ? 2 : 1);
    length = 0;
  }
  return copied === 0 ? text : pieces.join('') + text.slice(copied);
}

function breakRun(run: string): string {
  const pieces: string[] = [];
  for (let from = 0; from < run.length;) {
    const end = pieceEnd(run, from);
    pieces.push(run.slice(from, end));
    from = end;
  }
  return pieces.join(' ');
}

/** @returns the end of the piece that starts at `from`: after 100 code points, not within a user-perceived character */
function pieceEnd(run: string, from: number): number {
  let end = from;
  let before = 0;
  for (let points = 0; points < PIECE_LENGTH && end < run.length; points++) {
    before = end;
    end += isHighSurrogate(run.charCodeAt(end)) ? 2 : 1;
  }
  if (end >= run.length) return run.length;
  const next = String.fromCodePoint(run.codePointAt(end) ?? 0);
  if (!JOINS.test(next) && !JOINS.test(run.slice(before, end))) return end;
  const { index = 0 } = segmenter.segment(run.slice(from, end + MAX_CHARACTER_LENGTH)).containing(end - from) ?? {};
  return index > 0 ? from + index : end;
}

/** Cache by code point: 1 is part of a run, 2 is not, 0 is unknown. Without it, the regular expressions take 0.4 µs. */
const known = new Uint8Array(0x40000);

function isOfRun(text: string, at: number, code: number): boolean {
  const point = isHighSurrogate(code) ? (text.codePointAt(at) ?? code) : code;
  if (known[point] === 0) {
    const character = String.fromCodePoint(point);
    known[point] = /\s/.test(character) || (point >= FIRST_WITHOUT_SPACES && WITHOUT_SPACES.test(character)) ? 2 : 1;
  }
  return known[point] !== 2;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
