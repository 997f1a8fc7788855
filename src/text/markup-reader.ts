import MarkdownIt from 'markdown-it';
import { removeInvisible } from '../base/characters.js';
import { removeFiles } from './embedded-data.js';
import { pipeTable } from './pipe-table.js';
import { readHtml } from './read-html.js';
import type { TreeBuilder } from './tree-builder.js';

/** Lists may nest half as deep, quotations this deep. The cost of a line is proportional to its depth. */
const MAX_NESTING = 40;

/**
 * markdown-it renders HTML, which is then read: Markdown may contain HTML, HTML is also Markdown, and plain text is both.
 * Two of its rules are off. `reference`: a block is a piece of a note and rarely contains its references, while text such as
 * "[Update]: done" would vanish. `code` (indented lines): it would print the tags of indented HTML.
 */
const markdown = new MarkdownIt({ html: true, breaks: true, maxNesting: MAX_NESTING }).disable(['reference', 'code']);
markdown.block.ruler.at('table', pipeTable, { alt: ['paragraph'] });
markdown.inline.ruler.before('escape', 'formula', (state, silent) => {
  FORMULA.lastIndex = state.pos;
  const [formula = ''] = FORMULA.exec(state.src) ?? [];
  if (formula && !silent) state.push('text', '', 0).content = formula;
  state.pos += formula.length;
  return formula !== '';
});

/** As pandoc reads it: no space within the dollar signs, no letter or digit after them. Its stars and underscores are meant. */
const FORMULA = /\$\$[^$]{1,1000}\$\$|\$(?=[^\s$])[^$\n]{0,1000}(?<=[^\s\\])\$(?!\w)/y;
/** The mark of an alert (GitHub, Obsidian) */
const ALERT = /^([ \t]*>[ \t>]*)\[!\w{1,30}\][+-]?(?=\s|$)/gm;
/** A task that is done may have a capital X. */
const DONE = /^([ \t>]*(?:[-+*]|\d{1,9}[.)])[ \t]+\[)X(?=\]\s)/gm;

/**
 * Limit for the estimated time that markdown-it takes for a block. It is linear in its input, but a megabyte took from 60 ms
 * (prose) to 3 s (brackets): up to 8 µs per call, line or tag, and 2 µs per other markup character. All blocks share one
 * event loop, so a block above the limit is read as plain lines, and its HTML as HTML.
 */
const BUDGET_MICROSECONDS = 600_000;
const MICROSECONDS_PER_LINE_OR_TAG = 8;
const MICROSECONDS_PER_CHARACTER = 2;

/** Matches text that contains Markdown: a markup character anywhere, or a marker at the start of a line. */
const MARKUP = /[&*<[\\\]_`|~]|^[ \t]*(?:[-+#>=]|\d{1,9}[.)])/m;
const LINE_END = 0x0a;
const TAG = 0x3c;
const MARKUP_CHARACTERS = new Set(Array.from('&*[\\]_`|~', (character) => character.charCodeAt(0)));

/** Reads strings of plain text, Markdown or HTML. One reader per block, whose strings share the budget. */
export class MarkupReader {
  readonly #out: TreeBuilder;
  #budget = BUDGET_MICROSECONDS;

  constructor(out: TreeBuilder) {
    this.#out = out;
  }

  /** A complete text, which may have paragraphs, lists and tables. */
  block(text: string): void {
    this.#out.boundary();
    this.#read(text, renderBlock);
    this.#out.boundary();
  }

  /** A piece of a line, such as a list item or table cell, where "1. May" is a date. */
  inline(text: string): void {
    this.#read(text, (source) => markdown.renderInline(source));
  }

  #read(text: string, render: (source: string) => string | undefined): void {
    // First, because markdown-it turns U+0000 into U+FFFD.
    const source = removeFiles(removeInvisible(text));
    if (!MARKUP.test(source)) return this.#out.text(source);
    if (/^\s*<ac:/.test(source)) return readHtml(source, this.#out); // Confluence. In Markdown, it is an address.
    const html = this.#affords(source) ? render(source.replace(ALERT, '$1')) : undefined;
    if (html !== undefined) readHtml(html, this.#out);
    else if (!/[&<]/.test(source)) this.#out.text(source);
    // In HTML, line ends are spaces. In any other text they count.
    else readHtml(/^\s*</.test(source) ? source : `<pre>${source}</pre>`, this.#out);
  }

  #affords(source: string): boolean {
    this.#budget -= MICROSECONDS_PER_LINE_OR_TAG;
    for (let i = 0; i < source.length && this.#budget >= 0; i++) {
      const code = source.charCodeAt(i);
      if (code === LINE_END || code === TAG) this.#budget -= MICROSECONDS_PER_LINE_OR_TAG;
      else if (MARKUP_CHARACTERS.has(code)) this.#budget -= MICROSECONDS_PER_CHARACTER;
    }
    return this.#budget >= 0;
  }
}

/** @returns HTML; undefined if blocks nest too deep: markdown-it silently omits those */
function renderBlock(source: string): string | undefined {
  const tokens = markdown.parse(source.replace(DONE, '$1x'), {});
  if (tokens.some((token) => token.level >= MAX_NESTING - 1)) return undefined;
  return markdown.renderer.render(tokens, markdown.options, {});
}
