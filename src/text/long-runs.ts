/** Longer than any word of a language that uses spaces. Characters. */
const MAX_RUN = 200;
/** Characters between two inserted spaces. */
const PIECE_LENGTH = 100;

/** Characters, punctuation and marks of scripts written without spaces: a long run of these is prose. */
const SCRIPTS = 'Hani Hira Kana Bopo Yiii Tang Nshu Kits Thai Laoo Khmr Mymr Tibt Lana Talu Tavt Java Bali Cham Phag';
const WITHOUT_SPACES = SCRIPTS.replace(/(\w+) ?/g, '\\p{scx=$1}');
/** Characters of a run. Marks before Thai, the first of these scripts, also belong to others. */
const IN_RUN = `[^\\s[[${WITHOUT_SPACES}]--[\\x00-\\u0dff]]]`;
const RUN = new RegExp(`(?<!${IN_RUN})${IN_RUN}{${MAX_RUN + 1},}`, 'gv');
/** Finds out faster than `RUN` that a text has no long run. */
const MAY_BE_RUN = new RegExp(`(?<!\\S)\\S{${MAX_RUN + 1}}`);

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
  return MAY_BE_RUN.test(text) ? text.replace(RUN, breakRun) : text;
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
    end += (run.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  }
  if (end >= run.length) return run.length;
  const next = String.fromCodePoint(run.codePointAt(end) ?? 0);
  if (!JOINS.test(next) && !JOINS.test(run.slice(before, end))) return end;
  const { index = 0 } = segmenter.segment(run.slice(from, end + MAX_CHARACTER_LENGTH)).containing(end - from) ?? {};
  return index > 0 ? from + index : end;
}
