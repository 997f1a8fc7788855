import { oneLine, removeInvisible } from './characters.js';
import { removeFiles } from './embedded-data.js';
import { Table, type Cell } from './table.js';

/** Deeper items are not indented further: 100,000 nested lists would become 10 GB of spaces. */
const MAX_INDENT_LEVELS = 10;

/**
 * Turns words, line boundaries, lists and tables into the lines of a block's text, for every kind of markup. Words are
 * separated by one space. Each list item and each table row is one line.
 *
 * Needs no tree and no balanced tags: an item ends at the next item, a cell at the next cell, row or end of the table, and
 * anything left open ends with the text. A table within a cell is part of the cell's text.
 */
export class TextWriter {
  readonly #parts: string[] = [];
  #newline = false;
  #space = false;
  /** For each open list the next item's number; null if its items have none. */
  readonly #lists: (number | null)[] = [];
  #number = '';
  readonly #table = new Table();
  #openTables = 0;
  #row: Cell[] | undefined;
  #cell: (Omit<Cell, 'text'> & { readonly parts: string[] }) | undefined;

  /** Writes words. Each run of white space becomes one space. */
  text(text: string): void {
    const clean = removeInvisible(text);
    if (clean === '') return;
    const line = oneLine(clean);
    if (/^\s/.test(clean)) this.#space = true;
    if (line === '') return;
    this.#put(line);
    if (/\s$/.test(clean.slice(-1))) this.#space = true;
  }

  /** Writes text and keeps its line ends. */
  lines(text: string): void {
    removeFiles(removeInvisible(text))
      .split('\n')
      .forEach((line, index) => {
        if (index > 0) this.boundary();
        this.text(line);
      });
  }

  /** Starts a new line; within an item or a cell, a new word. */
  boundary(): void {
    if (this.#cell || this.#lists.length > 0) this.#space = true;
    else this.#newline = true;
  }

  /** @param start the first item's number; null if items are not numbered */
  openList(start: number | null): void {
    if (this.#cell) return this.boundary();
    this.#newline = true;
    this.#lists.push(start);
  }

  closeList(): void {
    if (this.#cell) return this.boundary();
    this.#newline = true;
    this.#number = '';
    this.#lists.pop();
  }

  /** @param number the item's own number, if it has one */
  openItem(number?: number): void {
    if (this.#cell) return this.boundary();
    this.#newline = true;
    this.#number = '';
    const next = this.#lists.at(-1);
    if (next === undefined || next === null) return;
    this.#number = `${number ?? next}. `;
    this.#lists[this.#lists.length - 1] = (number ?? next) + 1;
  }

  openTable(): void {
    if (++this.#openTables > 1) return this.boundary();
    this.#newline = true;
    this.#table.start();
  }

  closeTable(): void {
    if (this.#openTables !== 1) {
      this.#openTables = Math.max(0, this.#openTables - 1);
      return this.boundary();
    }
    this.closeRow();
    this.#openTables = 0;
    this.#putLine(this.#table.end());
  }

  openRow(): void {
    this.closeRow();
    if (this.#openTables === 1) this.#row = [];
  }

  closeRow(): void {
    if (this.#openTables !== 1) return this.boundary();
    this.closeCell();
    if (this.#row) this.#putLine(this.#table.row(this.#row));
    this.#row = undefined;
  }

  openCell({ isHeader = false, columns = 1, rows = 1, label }: Partial<Omit<Cell, 'text'>> = {}): void {
    this.closeCell();
    if (this.#openTables !== 1) return;
    this.#row ??= [];
    this.#cell = { isHeader, columns, rows, label, parts: [] };
    this.#space = false;
  }

  /** @returns the cell's text */
  closeCell(): string {
    if (this.#openTables !== 1) {
      this.boundary();
      return '';
    }
    if (!this.#cell) return '';
    const { parts, ...cell } = this.#cell;
    const text = parts.join('');
    this.#row?.push({ ...cell, text });
    this.#cell = undefined;
    this.#space = false;
    return text;
  }

  /** @returns the whole text; no line is empty or ends in a space */
  end(): string {
    while (this.#openTables > 0) this.closeTable();
    return this.#parts.join('');
  }

  #putLine(line: string): void {
    this.#newline = true;
    if (line) this.#put(line);
    this.#newline = true;
  }

  #put(words: string): void {
    const parts = this.#cell?.parts ?? this.#parts;
    if (!this.#cell && (this.#newline || parts.length === 0)) {
      const level = Math.min(Math.max(this.#lists.length - 1, 0), MAX_INDENT_LEVELS);
      parts.push(parts.length === 0 ? '' : `\n${'  '.repeat(level)}`, this.#number);
      this.#number = '';
      this.#newline = false;
    } else if (this.#space && parts.length > 0) {
      parts.push(' ');
    }
    parts.push(words);
    this.#space = false;
  }
}
