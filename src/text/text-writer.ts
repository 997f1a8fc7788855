import { oneLine, visible } from './characters.js';
import { withoutFiles } from './embedded-data.js';
import { Table, type Cell } from './table.js';

/** Deeper items are indented no further: 100,000 nested lists would otherwise become 10 GB of spaces. */
const INDENTED_LEVELS = 10;

/**
 * Writes a block's text, whatever its markup was: words, line boundaries, lists and tables come in, lines come out.
 * Words are separated by one space; a list's item and a table's row keep to one line each.
 *
 * It needs no tree and no balance: an item ends at the next, a cell at the next cell, row or table's end, and what is
 * left open ends with the text. A table within a cell is part of the cell's text.
 */
export class TextWriter {
  readonly #parts: string[] = [];
  #newline = false;
  #space = false;
  /** Per open list, the next item's number; null where items have none. */
  readonly #lists: (number | null)[] = [];
  #number = '';
  readonly #table = new Table();
  #openTables = 0;
  #row: Cell[] | undefined;
  #cell: (Omit<Cell, 'text'> & { readonly parts: string[] }) | undefined;

  /** Words: each run of white space in them is one space. */
  text(text: string): void {
    const clean = visible(text);
    if (clean === '') return;
    const line = oneLine(clean);
    if (/^\s/.test(clean)) this.#space = true;
    if (line === '') return;
    this.#put(line);
    if (/\s$/.test(clean.slice(-1))) this.#space = true;
  }

  /** Text whose line ends are meant. */
  lines(text: string): void {
    withoutFiles(visible(text))
      .split('\n')
      .forEach((line, index) => {
        if (index > 0) this.boundary();
        this.text(line);
      });
  }

  /** What follows begins a new line; within an item or a cell, a new word. */
  boundary(): void {
    if (this.#cell || this.#lists.length > 0) this.#space = true;
    else this.#newline = true;
  }

  /** @param start the first item's number; null where items are not numbered */
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

  /** @param number the item's own number, where it has one */
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

  /** @returns all that was written; lines do not end in spaces, and none is empty */
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
      const level = Math.min(Math.max(this.#lists.length - 1, 0), INDENTED_LEVELS);
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
