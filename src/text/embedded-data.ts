/**
 * Files within a text: `data:` URIs, and images as bare base64. They are nothing to read, and megabytes of them would be
 * embedded, or drown the words around.
 */

/** RFC 2397, with a media type or `;base64`: "data:" alone is a word. */
const DATA_URI =
  /(?<![\p{L}\p{N}_])data:(?:[a-z]+\/[\w.+-]{1,100}(?:;[\w-]{1,50}(?:=(?:"[^"\n]{0,100}"|[^\s;,"]{0,100}))?){0,4}|(?:;[\w-]{1,50}=[^\s;,"]{0,100}){0,4};base64),/giu;
const IS_BASE64 = /;base64,$/i;

/** Base64 that begins as PNG, JPEG, GIF, WebP, SVG, ICO, TIFF, AVIF or HEIC files do. */
const IMAGE =
  /(?<![\w+/=.-])(?:iVBORw0KGgo|\/9j\/[24]|R0lGOD[dl]|UklGR|PHN2Zy|AAABAA|SUkqA|TU0AK|AAAA[\dA-Za-z+/]{2}Z0eXB)(?=[\dA-Za-z+/]{50})/g;

const BASE64 = /[\w+/-]*(?:%(?:2[BF]|3D)[\w+/-]*)*={0,2}/iy;
/** Base64 in lines, of 64 characters as in PEM or 76 as in MIME. */
const FULL_LINE = /\s*\n[ \t>]*([\dA-Za-z+/]{60,}={0,2})(?=\s|["'`)<>]|$)/y;
const LAST_LINE = /[ \t]*\r?\n[ \t>]*([\dA-Za-z+/]{1,75}={0,2})(?=[ \t]*(?:[\n"'`)<>]|$))/y;
/** What is no base64 ends at a space, or at what encloses it. */
const ENCODED = /[^\s"'`<>)\]}]*/y;

/** Stands where a file was until it is known what was around it; for private use, and no text has it. */
const PLACE = '\u{f0000}';
/** Markdown's definition of where an image or a link leads, of which nothing is left. */
const DEFINITION = new RegExp(
  `^[ \\t]{0,3}\\[([^\\]\\n]{1,200})\\]:[ \\t]*\\n?[ \\t]*<?${PLACE}>?[ \\t]*(?:"[^"\\n]*"|'[^'\\n]*'|\\([^)\\n]*\\))?[ \\t]*(?:\\n|$)`,
  'gmu',
);
const REFERENCE = /!?\[([^[\]\n]{0,500})\](?:\[([^[\]\n]{0,200})\])?/g;

/**
 * Takes time linear in the text.
 *
 * @returns the text without the files in it; of an image in Markdown or HTML what is said of it stays
 */
export function withoutFiles(text: string): string {
  if (!/data:/i.test(text) && text.search(IMAGE) === -1) return text;
  const marked = new Files(text.replaceAll(PLACE, '')).marked();
  return marked.includes(PLACE) ? withoutMarks(marked) : text;
}

function withoutMarks(marked: string): string {
  const labels = new Set<string>();
  const undefinedText = marked.replace(DEFINITION, (_, label: string) => {
    labels.add(labelled(label));
    return '';
  });
  const text =
    labels.size === 0
      ? undefinedText
      : undefinedText.replace(REFERENCE, (reference, words: string, label: string | undefined) =>
          labels.has(labelled(label === undefined || label === '' ? words : label)) ? words : reference,
        );
  return text
    .replace(new RegExp(`\\]\\((\\s*)<?${PLACE}>?`, 'gu'), '](<>')
    .replace(new RegExp(`=${PLACE}`, 'gu'), '=""')
    .replace(new RegExp(`<${PLACE}>|${PLACE}`, 'gu'), '');
}

/** Labels of Markdown are the same in any case. */
function labelled(label: string): string {
  return label.trim().replace(/\s+/g, ' ').toLowerCase();
}

class Files {
  readonly #text: string;
  /** Where what may end a file is found last, so that none is searched for in vain twice. */
  readonly #last = new Map<string, number>();

  constructor(text: string) {
    this.#text = text;
  }

  /** @returns the text with a mark in place of each file */
  marked(): string {
    const text = this.#text;
    let kept = '';
    let at = 0;
    for (const { index, 0: begin } of this.#begins()) {
      if (index < at) continue;
      const from = index + begin.length;
      const end = IS_BASE64.test(begin)
        ? this.#base64End(from)
        : begin.endsWith(',')
          ? this.#uriEnd(index, from)
          : this.#base64End(index);
      kept += text.slice(at, index) + PLACE;
      at = end;
    }
    return kept + text.slice(at);
  }

  #begins(): RegExpExecArray[] {
    return [...this.#text.matchAll(DATA_URI), ...this.#text.matchAll(IMAGE)].sort((a, b) => a.index - b.index);
  }

  #base64End(from: number): number {
    let end = this.#matchEnd(BASE64, from);
    let length = end - from;
    for (;;) {
      const line = this.#lineAt(FULL_LINE, end);
      if (line === undefined) break;
      length += line.length;
      end = FULL_LINE.lastIndex;
    }
    // The last line is shorter. Whole groups of four tell it from a word of the text that follows.
    const last = length % 4 === 0 && this.#text.charAt(end - 1) === '=' ? undefined : this.#lineAt(LAST_LINE, end);
    const isRest = last !== undefined && length > 40 && (length + last.length) % 4 === 0 && /[\d+/=]/.test(last);
    return isRest ? LAST_LINE.lastIndex : end;
  }

  #lineAt(pattern: RegExp, at: number): string | undefined {
    pattern.lastIndex = at;
    return pattern.exec(this.#text)?.[1];
  }

  /** @param from where the data begins of the URI that begins at `index` */
  #uriEnd(index: number, from: number): number {
    const quote = this.#text.charAt(index - 1);
    if (/["'`]/.test(quote)) {
      const end = this.#find(quote, from);
      if (end !== -1) return end;
    }
    for (const [begin, close] of SVG) {
      if (!this.#text.startsWith(begin, from)) continue;
      const end = this.#find(close, from);
      if (end !== -1) return end + close.length;
    }
    return this.#matchEnd(ENCODED, from);
  }

  #find(what: string, from: number): number {
    let last = this.#last.get(what);
    if (last === undefined) this.#last.set(what, (last = this.#text.lastIndexOf(what)));
    return last < from ? -1 : this.#text.indexOf(what, from);
  }

  #matchEnd(pattern: RegExp, from: number): number {
    pattern.lastIndex = from;
    pattern.exec(this.#text);
    return pattern.lastIndex;
  }
}

/** How an SVG file begins and ends that is not base64, which may hold spaces and quotes. */
const SVG = [
  ['<svg', '</svg>'],
  ['<?xml', '</svg>'],
  ['%3Csvg', '%3C/svg%3E'],
  ['%3csvg', '%3c/svg%3e'],
] as const;
