/**
 * Cuts a text in two near its middle: at the end of a sentence if there is one in the middle half, otherwise between words,
 * otherwise anywhere but inside a character.
 *
 * @param text of at least two characters
 * @returns both parts, neither of them empty
 */
export function halve(text: string): [string, string] {
  const middle = Math.floor(text.length / 2);
  const quarter = Math.floor(text.length / 4);
  const from = middle - quarter;
  const window = text.slice(from, middle + Math.max(1, quarter));
  const cut = nearest(window, SENTENCE_END, middle - from) ?? nearest(window, WORD_END, middle - from) ?? middle - from;
  let at = Math.min(Math.max(1, from + cut), text.length - 1);
  if (isLowSurrogate(text.charCodeAt(at)) && at > 1) at -= 1;
  return [text.slice(0, at), text.slice(at)];
}

/** A sentence ends at a full stop of any script followed by white space, or at a line break. */
const SENTENCE_END = /[.!?…。！？।؟]["'”’)\]]*\s+|\n+|[。！？]/gu;
const WORD_END = /\s+/gu;

/** The end of the match nearest to `target`. */
function nearest(text: string, pattern: RegExp, target: number): number | undefined {
  let best: number | undefined;
  for (const match of text.matchAll(pattern)) {
    const end = match.index + match[0].length;
    if (end >= text.length) break;
    if (best === undefined || Math.abs(end - target) < Math.abs(best - target)) best = end;
    if (end > target) break;
  }
  return best;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
