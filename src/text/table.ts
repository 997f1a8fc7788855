export interface Cell {
  readonly text: string;
  readonly isHeader: boolean;
  readonly columns: number;
  readonly rows: number;
  /** The header, where the cell brings its own (a record's key). */
  readonly label: string | undefined;
}

/** Columns for which spanning cells are honoured: more is a layout, and a table of spans may cost their square. */
const SPANNED_COLUMNS = 50;

/**
 * How many characters of headers a block may be given beside its own text. Without a bound, a header of 500 kB above
 * 50,000 rows (1 MB in all) would become 25 GB. Rows after that are printed without headers.
 */
const HEADER_CHARACTERS = 1_000_000;

/**
 * Turns rows of cells into lines, `header: value; header: value`. One serves all tables of a block, one after
 * another.
 */
export class Table {
  #headers: string[] = [];
  #headersLeft = HEADER_CHARACTERS;
  /** Per column, the number of the first row that a cell further up does not reach. */
  #freeFrom: number[] = [];
  #rows = 0;
  #hasValues = false;

  start(): void {
    this.#headers = [];
    this.#freeFrom = [];
    this.#rows = 0;
    this.#hasValues = false;
  }

  /** @returns the row's line; empty where the row is the header's or holds nothing */
  row(cells: readonly Cell[]): string {
    const placed = this.#place(cells);
    if (!this.#hasValues && cells.length > 0 && cells.every((cell) => cell.isHeader)) {
      for (const { cell, column } of placed) this.#setHeader(cell, column);
      return '';
    }
    this.#hasValues ||= cells.length > 0;
    const [first, ...rest] = placed;
    if (first?.cell.isHeader && this.#headers.length === 0 && rest.some(({ cell }) => !cell.isHeader)) {
      // A table whose headers stand at the left.
      return rest
        .map(({ cell }) => this.#labelled(first.cell.text, cell.text))
        .filter(Boolean)
        .join('; ');
    }
    return placed
      .map(({ cell, column }) => this.#labelled(cell.label ?? this.#headers[column] ?? '', cell.text))
      .filter(Boolean)
      .join('; ');
  }

  /** @returns the headers, if they are all there is; else nothing */
  end(): string {
    return this.#hasValues ? '' : this.#headers.filter(Boolean).join('; ');
  }

  #place(cells: readonly Cell[]): { cell: Cell; column: number }[] {
    const row = this.#rows++;
    let column = 0;
    return cells.map((cell) => {
      while ((this.#freeFrom[column] ?? 0) > row) column++;
      const placed = { cell, column };
      const end = column + Math.min(cell.columns, SPANNED_COLUMNS);
      if (cell.rows > 1)
        for (let c = column; c < Math.min(end, SPANNED_COLUMNS); c++) this.#freeFrom[c] = row + cell.rows;
      column = end;
      return placed;
    });
  }

  #setHeader({ text, columns }: Cell, column: number): void {
    for (let c = column; c < column + Math.min(columns, SPANNED_COLUMNS); c++) {
      const above = this.#headers[c];
      this.#headers[c] = above && text ? `${above} ${text}` : above || text;
    }
  }

  #labelled(label: string, value: string): string {
    if (!value || !label || label.length > this.#headersLeft) return value;
    this.#headersLeft -= label.length;
    return `${label.replace(/:$/, '')}: ${value}`;
  }
}
