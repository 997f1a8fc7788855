import type { Cell } from './tree.js';

/** Spans are applied up to this many columns. Wider tables are layouts, and the cost of spans is quadratic. */
const SPANNED_COLUMNS = 50;

/**
 * Limit for the characters of headers that are repeated in a block. Without it, a header of 500 kB above 50,000 rows (1 MB
 * in all) would become 25 GB. Further rows are printed without headers.
 */
const MAX_HEADER_CHARACTERS = 1_000_000;

/** Writes the tables of a block, `header: value; header: value`. */
export class TableWriter {
  #headersLeft = MAX_HEADER_CHARACTERS;

  /** @returns a line per row of values. It is empty if they are. Of a table without values it is the headers. */
  lines(rows: readonly (readonly Cell[])[]): string[] {
    const headers: string[] = [];
    const lines: string[] = [];
    let hasValues = false;
    for (const cells of place(rows)) {
      if (!hasValues && cells.length > 0 && cells.every(({ cell }) => cell.isHeader)) {
        for (const placed of cells) addHeader(placed, headers);
        continue;
      }
      hasValues ||= cells.length > 0;
      const [first, ...rest] = cells;
      // The table's headers may be in its first column.
      const isHeaded = first?.cell.isHeader === true && headers.length === 0 && rest.some(({ cell }) => !cell.isHeader);
      const values = isHeaded
        ? rest.map(({ cell }) => this.#labelled(first.cell.text, cell.text))
        : cells.map(({ cell, column }) => this.#labelled(cell.label ?? headers[column] ?? '', cell.text));
      lines.push(values.filter(Boolean).join('; '));
    }
    return hasValues ? lines : [headers.filter(Boolean).join('; ')];
  }

  #labelled(label: string, value: string): string {
    if (!value || !label || label.length > this.#headersLeft) return value;
    this.#headersLeft -= label.length;
    return `${label.replace(/:$/, '')}: ${value}`;
  }
}

type Placed = Readonly<{ cell: Cell; column: number }>;

/** @returns the rows' cells with their columns */
function place(rows: readonly (readonly Cell[])[]): Placed[][] {
  /** Per column, the first row that no cell above spans */
  const freeFrom: number[] = [];
  return rows.map((cells, row) => {
    let next = 0;
    return cells.map((cell) => {
      while ((freeFrom[next] ?? 0) > row) next++;
      const column = cell.column ?? next;
      next = column + Math.min(cell.columns, SPANNED_COLUMNS);
      if (cell.rows > 1) for (let c = column; c < Math.min(next, SPANNED_COLUMNS); c++) freeFrom[c] = row + cell.rows;
      return { cell, column };
    });
  });
}

function addHeader({ cell: { text, columns }, column }: Placed, headers: string[]): void {
  for (let c = column; c < column + Math.min(columns, SPANNED_COLUMNS); c++) {
    const above = headers[c];
    headers[c] = above && text ? `${above} ${text}` : above || text;
  }
}
