/** Line ends of every kind, Word's vertical tab and the form feed among them. */
const LINE_ENDS = /\r\n?|[\v\f\x85\u2028\u2029]/g;

/**
 * What a reader never sees: control characters, soft hyphens, zero-width and bidirectional marks, lone surrogates
 * (Postgres' `json` lets `\ud800` and `\u0000` through). ZWJ and ZWNJ are among them, so a family of emoji becomes its
 * members: the design wants no zero-width characters, and the meaning stays.
 */
const INVISIBLE =
  // eslint-disable-next-line no-control-regex
  /[\0-\x08\x0E-\x1F\x7F-\x9F\xAD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB\p{Cs}]/gu;

/**
 * A letter with more marks than this is noise. The limit is Unicode's own (UAX #15, Stream-Safe Text Format), and
 * needed: `normalize` takes time quadratic in the length of such a run: 6 s for 160,000 marks, minutes for 1 MB.
 */
const EXCESS_MARKS = /(\p{M}{30})\p{M}+/gu;

/** @returns the text without invisible characters, its lines ended by `\n` */
export function visible(text: string): string {
  return text.replace(LINE_ENDS, '\n').replace(INVISIBLE, '');
}

/** @returns the text in NFC */
export function composed(text: string): string {
  return text.replace(EXCESS_MARKS, '$1').normalize('NFC');
}

/** @returns the text as one line, without runs of spaces */
export function oneLine(text: string): string {
  // Not /\s+/: that replaces each single space by itself, 30 ms a megabyte to this one's 1.
  return text.replace(/\s\s+|[^\S ]/g, ' ').trim();
}
