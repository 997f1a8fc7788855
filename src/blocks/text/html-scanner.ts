import { QuoteType, Tokenizer, type TokenizerCallbacks } from 'htmlparser2';
import { ELEMENTS, MAY_STAY_OPEN, RAW_TEXT } from './elements.js';

export interface HtmlEvents {
  /** Text, its entities decoded, its white space as it was. */
  text(text: string): void;
  /** `name` is a known element's, in lower case; so are the attributes' names. */
  open(name: string, attributes: ReadonlyMap<string, string>): void;
  close(name: string): void;
}

const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();

const RAW_TEXT_OR_COMMENT = new RegExp(`<(!--|${RAW_TEXT.join('|')})`, 'gi');

/**
 * Reads HTML as its author may have meant it: what is no tag of HTML is text, and no text is lost for want of a `>`.
 *
 * htmlparser2's tokenizer does the reading. Its parser is not used: it keeps the open elements in an array and both
 * unshifts to it and searches it for each tag, so that 130,000 `<b>` and as many `</i>` (1 MB) take minutes; and a tree would
 * need bounds of its own against deep nesting. Our writer knows what closes what.
 */
export function scanHtml(html: string, events: HtmlEvents): void {
  const lastClosed = new Map<string, number>();
  for (const match of html.matchAll(/<\/([a-z][^\s/>]*)/gi)) lastClosed.set(match[1]?.toLowerCase() ?? '', match.index);
  const source = withoutDeadEnds(html, lastClosed);
  const tokenizer = new Tokenizer({}, new Scanner(source, lastClosed, events));
  tokenizer.write(source);
  tokenizer.end();
}

/** Comments, scripts and tags that nothing ends would swallow the rest of the text: their `<` becomes a character. */
function withoutDeadEnds(html: string, lastClosed: ReadonlyMap<string, number>): string {
  const lastComment = html.lastIndexOf('-->');
  const closed = html.replace(RAW_TEXT_OR_COMMENT, (match: string, what: string, at: number) => {
    const end = what === '!--' ? lastComment : (lastClosed.get(what.toLowerCase()) ?? -1);
    return at < end ? match : `&lt;${what}`;
  });
  const tail = closed.lastIndexOf('>') + 1;
  return closed.slice(0, tail) + closed.slice(tail).replaceAll('<', '&lt;');
}

class Scanner implements TokenizerCallbacks {
  readonly #source: string;
  readonly #closed: ReadonlyMap<string, number>;
  readonly #events: HtmlEvents;
  /** The open tag that is being read: where its `<` is, -1 for none. */
  #tagStart = -1;
  #name = '';
  #attributes: Map<string, string> | undefined;
  #attributeName = '';
  #attributeValue = '';

  constructor(source: string, closed: ReadonlyMap<string, number>, events: HtmlEvents) {
    this.#source = source;
    this.#closed = closed;
    this.#events = events;
  }

  ontext(start: number, end: number): void {
    this.#events.text(this.#source.slice(start, end));
  }

  ontextentity(codePoint: number): void {
    this.#events.text(String.fromCodePoint(codePoint));
  }

  oncdata(start: number, end: number, endOffset: number): void {
    this.#events.text(this.#source.slice(start, end - endOffset));
  }

  onopentagname(start: number, end: number): void {
    this.#tagStart = start - 1;
    this.#name = this.#source.slice(start, end);
    this.#attributes = undefined;
  }

  onattribname(start: number, end: number): void {
    this.#attributeName = this.#source.slice(start, end).toLowerCase();
    this.#attributeValue = '';
  }

  onattribdata(start: number, end: number): void {
    this.#attributeValue += this.#source.slice(start, end);
  }

  onattribentity(codePoint: number): void {
    this.#attributeValue += String.fromCodePoint(codePoint);
  }

  onattribend(quote: QuoteType): void {
    if (quote === QuoteType.NoValue) return;
    this.#attributes ??= new Map();
    this.#attributes.set(this.#attributeName, this.#attributeValue);
  }

  onopentagend(end: number): void {
    const name = this.#name.toLowerCase();
    if (this.#isTag(name)) this.#events.open(name, this.#attributes ?? NO_ATTRIBUTES);
    else this.#events.text(this.#source.slice(this.#tagStart, end + 1));
    this.#tagStart = -1;
  }

  onselfclosingtag(end: number): void {
    const isTag = this.#isTag(this.#name.toLowerCase());
    this.onopentagend(end);
    if (isTag) this.#events.close(this.#name.toLowerCase());
  }

  onclosetag(start: number, end: number): void {
    const name = this.#source.slice(start, end).toLowerCase();
    if (ELEMENTS.has(name)) this.#events.close(name);
    else this.#events.text(this.#source.slice(start - 2, this.#source.indexOf('>', end) + 1));
  }

  onend(): void {
    // An attribute's quote that nothing closes; what follows it was read as its value.
    if (this.#tagStart >= 0) this.#events.text(this.#source.slice(this.#tagStart));
  }

  oncomment(): void {}
  ondeclaration(): void {}
  onprocessinginstruction(): void {}

  /** Whether the author meant a tag, or wrote about one or of a type: `Map<string>`, `List<A>`, `<Link>`, "use <div>". */
  #isTag(name: string): boolean {
    if (!ELEMENTS.has(name)) return false;
    const isUpper = this.#name === this.#name.toUpperCase();
    if (this.#name !== name && !isUpper) return false;
    if (this.#attributes) return true;
    if (isUpper && name.length === 1 && /\w/.test(this.#source.charAt(this.#tagStart - 1))) return false;
    return this.#closed.has(name) || MAY_STAY_OPEN.has(name);
  }
}
