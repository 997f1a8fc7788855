import { ELEMENTS } from './html-elements.js';
import { scanHtml } from './html-scanner.js';
import type { TreeBuilder } from './tree-builder.js';

/** In HTML, line ends are spaces. */
const LINE_ENDS = /[\n\v\f\r\x85\u2028\u2029]/g;
/** KaTeX writes each formula twice. WordPress writes the address of what is embedded. */
const DROPPED_CLASS = /\b(?:katex-html|wp-block-embed__wrapper)\b/;
const LISTS = ['ul', 'ol', 'menu', 'dir', 'ac:task-list'];

/** Reads an HTML fragment. Its tags need not be balanced. */
export function readHtml(html: string, out: TreeBuilder): void {
  scanHtml(html, new HtmlReader(out));
}

class HtmlReader {
  readonly #out: TreeBuilder;
  /** Open lists: how many there were before each and are with it, and whether its items are done (Quill 1) */
  readonly #lists: { outer: number; depth: number; isOrdered: boolean; checked: string | undefined }[] = [];
  #preformatted = 0;
  #inHead = false;
  #dropped = { name: '', depth: 0 };
  /** The bullet or number that Word draws before an item, or the state of a task in Confluence, while it is read */
  #mark: string | undefined;
  /** How many lists were open before Word's paragraphs that are items */
  #outsideWordList: number | undefined;

  constructor(out: TreeBuilder) {
    this.#out = out;
  }

  text(text: string): void {
    if (this.#dropped.depth === 0) this.#out.text(this.#preformatted > 0 ? text : text.replace(LINE_ENDS, ' '));
    else if (this.#mark !== undefined) this.#mark += text;
  }

  open(name: string, attributes: ReadonlyMap<string, string>): void {
    if (this.#dropped.depth > 0) {
      if (name === this.#dropped.name) this.#dropped.depth++;
      return;
    }
    const kind = ELEMENTS.get(name);
    const style = attributes.get('style') ?? '';
    if (/mso-list:\s*ignore/i.test(style) || name === 'ac:task-status') this.#mark = '';
    if (kind === 'dropped' || this.#mark !== undefined || DROPPED_CLASS.test(attributes.get('class') ?? ''))
      this.#dropped = { name, depth: 1 };
    if (name === 'br') this.#out.text('\n');
    else if (kind === 'block') this.#openBlock(style);
    if (name === 'pre' || name === 'ac:plain-text-body') this.#preformatted++;
    if (name === 'thead' || name === 'tbody' || name === 'tfoot') this.#inHead = name === 'thead';
    this.#openElement(name, attributes);
  }

  close(name: string): void {
    if (this.#dropped.depth > 0) {
      if (name !== this.#dropped.name || --this.#dropped.depth > 0) return;
      const [, number, state] = /(\d+)[.)]|((?:in)?complete)/.exec(this.#mark ?? '') ?? [];
      if (number !== undefined) this.#out.mark(Number(number));
      else if (state !== undefined) this.#out.mark(state === 'complete');
      this.#mark = undefined;
      return;
    }
    if (ELEMENTS.get(name) === 'block') this.#out.boundary();
    if (name === 'pre' || name === 'ac:plain-text-body') this.#preformatted = Math.max(0, this.#preformatted - 1);
    if (name === 'thead' || name === 'table') this.#inHead = false;
    if (LISTS.includes(name)) this.#out.closeListsTo(this.#lists.pop()?.outer ?? this.#out.listDepth);
    else if (name === 'table') this.#out.closeTable();
    else if (name === 'tr' || name === 'td' || name === 'th') this.#out.closeCell();
  }

  #openElement(name: string, attributes: ReadonlyMap<string, string>): void {
    if (/^h[1-6]$/.test(name)) this.#out.heading(Number(name.charAt(1)));
    else if (attributes.get('aria-roledescription') === 'checkbox') return;
    else if (name === 'img' || name === 'area') this.#out.text((attributes.get('alt') ?? '').replace(LINE_ENDS, ' '));
    else if (name === 'input' && attributes.get('type') === 'checkbox') this.#out.mark(attributes.has('checked'));
    else if (LISTS.includes(name)) this.#openList(name === 'ol', attributes);
    else if (name === 'li' || name === 'ac:task') this.#openItem(attributes);
    else if (name === 'table') this.#out.openTable();
    else if (name === 'tr') this.#out.openRow();
    else if (name === 'td' || name === 'th')
      this.#out.openCell({
        isHeader: name === 'th' || this.#inHead,
        columns: integer(attributes.get('colspan')),
        rows: integer(attributes.get('rowspan')),
      });
  }

  /** A paragraph of Word's whose style names a list is an item of it, at the level in its style. */
  #openBlock(style: string): void {
    this.#out.boundary();
    const [, level] = /mso-list:[^;]*\blevel(\d)/i.exec(style) ?? [];
    if (level !== undefined) {
      this.#outsideWordList ??= this.#out.listDepth;
      this.#out.openItem(this.#outsideWordList + Number(level), false);
    } else if (this.#outsideWordList !== undefined) {
      this.#out.closeListsTo(this.#outsideWordList);
      this.#outsideWordList = undefined;
    }
  }

  /** A list of Google Docs has its level in its class, because each level is a list of its own beside the others. */
  #openList(isOrdered: boolean, attributes: ReadonlyMap<string, string>): void {
    const outer = this.#out.listDepth;
    const [, level = 0] = /\blst-kix_\w+-(\d)/.exec(attributes.get('class') ?? '') ?? [];
    for (let i = 0; i < Number(level); i++) this.#out.openList(null);
    this.#out.openList(isOrdered ? (integer(attributes.get('start')) ?? 1) : null);
    this.#lists.push({ outer, depth: this.#out.listDepth, isOrdered, checked: attributes.get('data-checked') });
  }

  /** An item of Quill's has its level in its class and its kind in an attribute. */
  #openItem(attributes: ReadonlyMap<string, string>): void {
    const list = this.#lists.at(-1);
    const kind = attributes.get('data-list');
    const [, level = 0] = /\bql-indent-(\d)/.exec(attributes.get('class') ?? '') ?? [];
    const ofKind = kind?.endsWith('checked') === true ? String(kind === 'checked') : undefined;
    const checked = attributes.get('data-checked') ?? ofKind ?? attributes.get('aria-checked') ?? list?.checked;
    const isDone = checked === undefined ? null : checked === 'true';
    const number = integer(attributes.get('value'));
    if (!list) return this.#out.boundary();
    const isOrdered = kind === undefined ? list.isOrdered : kind === 'ordered';
    this.#out.openItem(list.depth + Number(level), isOrdered, number, isDone);
  }
}

function integer(value: string | undefined): number | undefined {
  return value !== undefined && /^\s*-?\d{1,9}\s*$/.test(value) ? Number(value) : undefined;
}
