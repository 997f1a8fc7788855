import MarkdownIt from 'markdown-it';
import { visible } from './characters.js';
import { withoutFiles } from './embedded-data.js';
import { writeHtml } from './html.js';
import { pipeTable } from './pipe-table.js';
import type { TextWriter } from './text-writer.js';

/** Lists may nest half as deep, quotations this deep: lines at such depths cost in proportion to it. */
const MAX_NESTING = 40;

/**
 * markdown-it, whose output is read as HTML: Markdown may hold HTML, HTML is also Markdown, and plain text is both.
 * Two of its rules are off. `reference`: a block is a piece of a note, so that its references are seldom in it, while
 * "[Update]: done" is text, and would vanish. `code` (indented lines): it would print the tags of indented HTML.
 */
const markdown = new MarkdownIt({ html: true, breaks: true, maxNesting: MAX_NESTING }).disable(['reference', 'code']);
markdown.block.ruler.at('table', pipeTable, { alt: ['paragraph'] });

/**
 * What markdown-it may cost a block, estimated in µs. It is linear in its input, but a megabyte took from 60 ms
 * (prose) to 3 s (brackets) here: up to 8 µs a call, line or tag, 2 µs any other character of markup. All blocks
 * share one event loop, so a block that would cost more is read as plain lines, though its HTML still as HTML.
 */
const BUDGET_MICROSECONDS = 600_000;
const MICROSECONDS_PER_LINE_OR_TAG = 8;
const MICROSECONDS_PER_CHARACTER = 2;

/** What means something to Markdown: a character anywhere, or the beginning of a line. */
const MARKUP = /[&*<[\\\]_`|~]|^[ \t]*(?:[-+#>=]|\d{1,9}[.)])/m;
const LINE_END = 0x0a;
const TAG = 0x3c;
const CHARACTERS = new Set(Array.from('&*[\\]_`|~', (character) => character.charCodeAt(0)));

/** Writes strings that may hold plain text, Markdown or HTML. One per block: its strings share the budget. */
export class MarkupReader {
  readonly #out: TextWriter;
  #budget = BUDGET_MICROSECONDS;

  constructor(out: TextWriter) {
    this.#out = out;
  }

  /** A text of its own: it may have paragraphs, lists, tables. */
  block(text: string): void {
    this.#out.boundary();
    this.#read(text, renderBlock);
    this.#out.boundary();
  }

  /** A piece of a line, as a list's item or a table's cell: "1. May" is a date there. */
  inline(text: string): void {
    this.#read(text, (source) => markdown.renderInline(source));
  }

  #read(text: string, render: (source: string) => string | undefined): void {
    // Before Markdown sees them: it makes U+FFFD of U+0000.
    const source = withoutFiles(visible(text));
    if (!MARKUP.test(source)) return this.#out.lines(source);
    const html = this.#affords(source) ? render(source) : undefined;
    if (html !== undefined) writeHtml(html, this.#out);
    else if (!/[&<]/.test(source)) this.#out.lines(source);
    // In HTML line ends are spaces, in any other text they are meant.
    else writeHtml(/^\s*</.test(source) ? source : `<pre>${source}</pre>`, this.#out);
  }

  #affords(source: string): boolean {
    this.#budget -= MICROSECONDS_PER_LINE_OR_TAG;
    for (let i = 0; i < source.length && this.#budget >= 0; i++) {
      const code = source.charCodeAt(i);
      if (code === LINE_END || code === TAG) this.#budget -= MICROSECONDS_PER_LINE_OR_TAG;
      else if (CHARACTERS.has(code)) this.#budget -= MICROSECONDS_PER_CHARACTER;
    }
    return this.#budget >= 0;
  }
}

/** @returns HTML; undefined where blocks nest deeper than markdown-it reads them, which it leaves out without a word */
function renderBlock(source: string): string | undefined {
  const env = {};
  const tokens = markdown.parse(source, env);
  if (tokens.some((token) => token.level >= MAX_NESTING - 1)) return undefined;
  return markdown.renderer.render(tokens, markdown.options, env);
}
