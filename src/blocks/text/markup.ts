import MarkdownIt from 'markdown-it';
import { visible } from './characters.js';
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
 * What markdown-it may cost a block, estimated in µs. It is linear in its input, but its speed (measured, 2 cores, busy)
 * goes from 60 ms a megabyte for prose to 3 s for a million brackets: about 6 µs a line and 2 µs a character of markup.
 * All blocks share one event loop, so markup beyond this is read as plain lines, its HTML still as HTML (200 ms a megabyte).
 */
const BUDGET_MICROSECONDS = 600_000;
const MICROSECONDS_PER_LINE = 6;
const MICROSECONDS_PER_CHARACTER = 2;

/** Writes strings that may hold plain text, Markdown or HTML. One per block: its strings share the budget. */
export class MarkupReader {
  readonly #out: TextWriter;
  #budget = BUDGET_MICROSECONDS;

  constructor(out: TextWriter) {
    this.#out = out;
  }

  /** A text of its own: it may have paragraphs, lists, tables. */
  block(text: string): void {
    // Before Markdown sees them: it makes U+FFFD of U+0000.
    const source = visible(text);
    const html = this.#affords(source) ? renderBlock(source) : undefined;
    this.#write(source, html);
  }

  /** A piece of a line, as a list's item or a table's cell: "1. May" is a date there. */
  inline(text: string): void {
    const source = visible(text);
    const html = this.#affords(source) ? markdown.renderInline(source) : undefined;
    this.#write(source, html);
  }

  #write(source: string, html: string | undefined): void {
    if (html !== undefined) writeHtml(html, this.#out);
    // In HTML line ends are spaces, in any other text they are meant.
    else writeHtml(/^\s*</.test(source) ? source : `<pre>${source}</pre>`, this.#out);
  }

  #affords(source: string): boolean {
    this.#budget -= MICROSECONDS_PER_LINE;
    for (let i = 0; i < source.length && this.#budget >= 0; i++) {
      const code = source.charCodeAt(i);
      if (code === 0x0a) this.#budget -= MICROSECONDS_PER_LINE;
      else if (isMarkup(code)) this.#budget -= MICROSECONDS_PER_CHARACTER;
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

const MARKUP = new Set(Array.from('!&*<[\\]_`|~', (character) => character.charCodeAt(0)));

function isMarkup(code: number): boolean {
  return MARKUP.has(code);
}
