import { QuoteType, Tokenizer, type TokenizerCallbacks } from 'htmlparser2';
import { ELEMENTS, MAY_STAY_OPEN, RAW_TEXT } from './html-elements.js';

export interface HtmlEvents {
  /** Text with decoded entities and unchanged white space. */
  text(text: string): void;
  /** `name` is a known element; it and the attributes' names are in lower case. */
  open(name: string, attributes: ReadonlyMap<string, string>): void;
  close(name: string): void;
}

/** An element of another vocabulary, such as Word's `o:p`. It is none of ours, and what it contains is text. */
const QUALIFIED_NAME = /^[a-z]\w*:[a-z][\w.-]*$/;

const RAW_TEXT_OR_COMMENT = new RegExp(`<(!--|${RAW_TEXT.join('|')})`, 'gi');

/**
 * Reads HTML as its author probably meant it: anything that is not an HTML tag is text, and a missing `>` loses no text.
 *
 * Uses htmlparser2's tokenizer, not its parser, which searches all open elements for each closing tag: 40,000 `<b>` and as
 * many `</i>`, 280 kB, took 1.5 s, twice as many four times that. `TreeBuilder` needs no balanced tags.
 */
export function scanHtml(html: string, events: HtmlEvents): void {
  const lastClosed = new Map<string, number>();
  for (const match of html.matchAll(/<\/([a-z][^\s/>]*)/gi)) lastClosed.set(match[1]?.toLowerCase() ?? '', match.index);
  const source = escapeUnclosed(html, lastClosed);
  const tokenizer = new Tokenizer({}, new Scanner(source, lastClosed, events));
  tokenizer.write(source);
  tokenizer.end();
}

/** @returns the characters of an HTML fragment, with their white space. A `br` is a line end. */
export function htmlText(html: string): string {
  if (!/[<&]/.test(html)) return html;
  let characters = '';
  scanHtml(html, {
    text: (text) => void (characters += text),
    open: (name) => void (characters += name === 'br' ? '\n' : ''),
    close: () => undefined,
  });
  return characters;
}

/** Escapes the `<` of unclosed comments, scripts and tags, which would swallow the rest of the text. */
function escapeUnclosed(html: string, lastClosed: ReadonlyMap<string, number>): string {
  const lastComment = html.lastIndexOf('-->');
  const closed = html.replace(RAW_TEXT_OR_COMMENT, (match: string, name: string, at: number) => {
    const end = name === '!--' ? lastComment : (lastClosed.get(name.toLowerCase()) ?? -1);
    return at < end ? match : `&lt;${name}`;
  });
  const tail = closed.lastIndexOf('>') + 1;
  return closed.slice(0, tail) + closed.slice(tail).replaceAll('<', '&lt;');
}

class Scanner implements TokenizerCallbacks {
  readonly #source: string;
  readonly #closed: ReadonlyMap<string, number>;
  readonly #events: HtmlEvents;
  /** Text since the last tag. The tokenizer emits entities one by one: 1 MB of `<` is a million of them. */
  #text = '';
  /** Position of the `<` of the open tag being read; -1 for none. */
  #tagStart = -1;
  #name = '';
  #attributes = new Map<string, string>();
  #hasValues = false;
  #attributeName = '';
  #attributeValue = '';

  constructor(source: string, closed: ReadonlyMap<string, number>, events: HtmlEvents) {
    this.#source = source;
    this.#closed = closed;
    this.#events = events;
  }

  readonly ontext = (start: number, end: number): void => void (this.#text += this.#source.slice(start, end));
  readonly ontextentity = (codePoint: number): void => void (this.#text += String.fromCodePoint(codePoint));
  readonly oncdata = (start: number, end: number, endOffset: number): void => this.ontext(start, end - endOffset);

  onopentagname(start: number, end: number): void {
    this.#tagStart = start - 1;
    this.#name = this.#source.slice(start, end);
    if (this.#attributes.size > 0) this.#attributes = new Map();
    this.#hasValues = false;
  }

  onattribname(start: number, end: number): void {
    this.#attributeName = this.#source.slice(start, end).toLowerCase();
    this.#attributeValue = '';
  }

  readonly onattribdata = (start: number, end: number): void =>
    void (this.#attributeValue += this.#source.slice(start, end));
  readonly onattribentity = (codePoint: number): void => void (this.#attributeValue += String.fromCodePoint(codePoint));

  onattribend(quote: QuoteType): void {
    this.#hasValues ||= quote !== QuoteType.NoValue;
    this.#attributes.set(this.#attributeName, this.#attributeValue);
  }

  onopentagend(end: number): void {
    const name = this.#name.toLowerCase();
    if (!this.#isTag(name)) {
      this.#text += this.#source.slice(this.#tagStart, end + 1);
    } else if (ELEMENTS.has(name)) {
      this.#flush();
      this.#events.open(name, this.#attributes);
    }
    this.#tagStart = -1;
  }

  onselfclosingtag(end: number): void {
    const name = this.#name.toLowerCase();
    const isClosed = this.#isTag(name) && !RAW_TEXT.includes(name);
    this.onopentagend(end);
    if (isClosed) this.#events.close(name);
  }

  onclosetag(start: number, end: number): void {
    const name = this.#source.slice(start, end).toLowerCase();
    if (ELEMENTS.has(name)) {
      this.#flush();
      this.#events.close(name);
    } else if (!QUALIFIED_NAME.test(name)) {
      this.#text += this.#source.slice(start - 2, this.#source.indexOf('>', end) + 1);
    }
  }

  onend(): void {
    // An attribute's quote is never closed, so the rest was read as its value.
    if (this.#tagStart >= 0) this.#text += this.#source.slice(this.#tagStart);
    this.#flush();
  }

  oncomment(): void {}
  ondeclaration(): void {}
  onprocessinginstruction(): void {}

  #flush(): void {
    if (this.#text) this.#events.text(this.#text);
    this.#text = '';
  }

  /** Whether the author meant a tag, not text such as `Map<string>`, `List<A>`, `<Link>` or "use <div>". */
  #isTag(name: string): boolean {
    if (QUALIFIED_NAME.test(name)) return this.#hasValues || this.#closed.has(name);
    const isUpper = this.#name === this.#name.toUpperCase();
    if (!ELEMENTS.has(name) || (this.#name !== name && !isUpper)) return false;
    if (this.#hasValues) return true;
    if (isUpper && name.length === 1 && /\w/.test(this.#source.charAt(this.#tagStart - 1))) return false;
    return this.#closed.has(name) || MAY_STAY_OPEN.has(name);
  }
}
