/**
 * Finds files within a text: `data:` URIs, and images as bare base64. They are not readable text: megabytes of them would be
 * embedded and drown out the words around them.
 */

/** RFC 2397, with a media type or `;base64`. "data:" alone is a word. */
const DATA_URI =
  /(?<![\p{L}\p{N}_])data:(?:[a-z]+\/[\w.+-]{1,100}(?:;[\w-]{1,50}(?:=(?:"[^"\n]{0,100}"|[^\s;,"]{0,100}))?){0,4}|(?:;[\w-]{1,50}=[^\s;,"]{0,100}){0,4};base64),/giu;
const IS_BASE64 = /;base64,$/i;

/** The first bytes of PNG, JPEG, GIF, WebP, SVG, ICO, TIFF, AVIF and HEIC files in base64. */
const IMAGE =
  /(?<![\w+/=.-])(?:iVBORw0KGgo|\/9j\/[24]|R0lGOD[dl]|UklGR|PHN2Zy|AAABAA|SUkqA|TU0AK|AAAA[\dA-Za-z+/]{2}Z0eXB)(?=[\dA-Za-z+/]{50})/g;

const BASE64 = /[\w+/-]*(?:%(?:2[BF]|3D)[\w+/-]*)*={0,2}/iy;
/** Base64 in lines of 64 characters (PEM) or 76 (MIME). */
const FULL_LINE = /\s*\n[ \t>]*([\dA-Za-z+/]{60,}={0,2})(?=\s|["'`)<>]|$)/y;
const LAST_LINE = /[ \t]*\r?\n[ \t>]*([\dA-Za-z+/]{1,75}={0,2})(?=[ \t]*(?:[\n"'`)<>]|$))/y;
/** Data that is not base64 ends at a space, a quote or a closing bracket. */
const ENCODED = /[^\s"'`<>)\]}]*/y;

/** Marks where a file was, until the markup around it is removed. A private-use character, removed from texts first. */
const MARK = '\u{f0000}';
/** A Markdown link definition whose target was a file. It is removed completely. */
const DEFINITION = new RegExp(
  `^[ \\t]{0,3}\\[([^\\]\\n]{1,200})\\]:[ \\t]*\\n?[ \\t]*<?${MARK}>?[ \\t]*(?:"[^"\\n]*"|'[^'\\n]*'|\\([^)\\n]*\\))?[ \\t]*(?:\\n|$)`,
  'gmu',
);
const REFERENCE = /!?\[([^[\]\n]{0,500})\](?:\[([^[\]\n]{0,200})\])?/g;

/** Removes the files from a text, in linear time. The description of an image in Markdown or HTML stays. */
export function removeFiles(text: string): string {
  if (!/data:/i.test(text) && text.search(IMAGE) === -1) return text;
  const marked = markFiles(text.replaceAll(MARK, ''));
  return marked.includes(MARK) ? removeMarks(marked) : text;
}

function removeMarks(marked: string): string {
  const labels = new Set<string>();
  const withoutDefinitions = marked.replace(DEFINITION, (_, label: string) => {
    labels.add(normaliseLabel(label));
    return '';
  });
  const wordsOf = (reference: string, words: string, label = '') =>
    labels.has(normaliseLabel(label === '' ? words : label)) ? words : reference;
  return (labels.size === 0 ? withoutDefinitions : withoutDefinitions.replace(REFERENCE, wordsOf))
    .replace(new RegExp(`\\]\\((\\s*)<?${MARK}>?`, 'gu'), '](<>')
    .replace(new RegExp(`=${MARK}`, 'gu'), '=""')
    .replace(new RegExp(`<${MARK}>|${MARK}`, 'gu'), '');
}

/** Markdown compares labels without regard to case and white space. */
function normaliseLabel(label: string): string {
  return label.trim().replace(/\s+/g, ' ').toLowerCase();
}

/** Start and end of an SVG file that is not base64. It may contain spaces and quotes. */
const SVG = Object.entries({ '<svg': '</svg>', '<?xml': '</svg>', '%3Csvg': '%3C/svg%3E', '%3csvg': '%3c/svg%3e' });

/** Replaces each file by a mark. */
function markFiles(text: string): string {
  const scanner = new FileScanner(text);
  let kept = '';
  let at = 0;
  const starts = [...text.matchAll(DATA_URI), ...text.matchAll(IMAGE)].sort((a, b) => a.index - b.index);
  for (const { index, 0: start } of starts) {
    if (index < at) continue;
    const from = index + start.length;
    const isBase64 = IS_BASE64.test(start);
    kept += text.slice(at, index) + MARK;
    at = start.endsWith(',') && !isBase64 ? scanner.uriEnd(index, from) : scanner.base64End(isBase64 ? from : index);
  }
  return kept + text.slice(at);
}

class FileScanner {
  readonly #text: string;
  /** Last position of each string that may end a file, so that each fruitless search is done once. */
  readonly #lastPositions = new Map<string, number>();

  constructor(text: string) {
    this.#text = text;
  }

  base64End(from: number): number {
    let end = this.#matchEnd(BASE64, from);
    let length = end - from;
    for (let line = this.#lineAt(FULL_LINE, end); line !== undefined; line = this.#lineAt(FULL_LINE, end)) {
      length += line.length;
      end = FULL_LINE.lastIndex;
    }
    // The last line is shorter. It completes a group of four characters, which a word of the following text rarely does.
    const last = length % 4 === 0 && this.#text.charAt(end - 1) === '=' ? undefined : this.#lineAt(LAST_LINE, end);
    const isLastLine = last !== undefined && length > 40 && (length + last.length) % 4 === 0 && /[\d+/=]/.test(last);
    return isLastLine ? LAST_LINE.lastIndex : end;
  }

  #lineAt(pattern: RegExp, at: number): string | undefined {
    pattern.lastIndex = at;
    return pattern.exec(this.#text)?.[1];
  }

  /** @param from where the data of the URI at `index` starts */
  uriEnd(index: number, from: number): number {
    const quote = this.#text.charAt(index - 1);
    const quoteEnd = /["'`]/.test(quote) ? this.#find(quote, from) : -1;
    if (quoteEnd !== -1) return quoteEnd;
    for (const [open, close] of SVG) {
      const end = this.#text.startsWith(open, from) ? this.#find(close, from) : -1;
      if (end !== -1) return end + close.length;
    }
    return this.#matchEnd(ENCODED, from);
  }

  #find(text: string, from: number): number {
    let last = this.#lastPositions.get(text);
    if (last === undefined) this.#lastPositions.set(text, (last = this.#text.lastIndexOf(text)));
    return last < from ? -1 : this.#text.indexOf(text, from);
  }

  #matchEnd(pattern: RegExp, from: number): number {
    pattern.lastIndex = from;
    pattern.exec(this.#text);
    return pattern.lastIndex;
  }
}
