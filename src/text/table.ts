export interface Cell {
  readonly text: string;
  readonly isHeader: boolean;
  readonly columns: number;
  readonly rows: number;
  /** The cell's own header (a record's key), if it has one. */
  readonly label: string | undefined;
}

/** Spans are applied up to this many columns. Wider tables are layouts, and the cost of spans is quadratic. */
const SPANNED_COLUMNS = 50;

/**
 * Limit for the characters of headers that are repeated in a block. Without it, a header of 500 kB above 50,000 rows (1 MB
 * in all) would become 25 GB. Further rows are printed without headers.
 */
const MAX_HEADER_CHARACTERS = 1_000_000;

/**
 * Turns rows of cells into lines, `header: value; header: value`. Reused for all tables of a block, one after another.
 */
export class Table {
  #headers: string[] = [];
  #headersLeft = MAX_HEADER_CHARACTERS;
  /** Per column, the first row that no cell above spans. */
  #freeFrom: number[] = [];
  #rows = 0;
  #hasValues = false;

  start(): void {
    this.#headers = [];
    this.#freeFrom = [];
    this.#rows = 0;
    this.#hasValues = false;
  }

  /** @returns the row's line; empty for a header row or a row without text */
  row(cells: readonly Cell[]): string {
    const placed = this.#place(cells);
    if (!this.#hasValues && cells.length > 0 && cells.every((cell) => cell.isHeader)) {
      for (const { cell, column } of placed) this.#setHeader(cell, column);
      return '';
    }
    this.#hasValues ||= cells.length > 0;
    const [first, ...rest] = placed;
    if (first?.cell.isHeader && this.#headers.length === 0 && rest.some(({ cell }) => !cell.isHeader)) {
      // The table's headers are in its first column.
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

  /** @returns the headers if the table has no other rows; otherwise an empty string */
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
