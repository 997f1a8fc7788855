import stringWidth from 'string-width';
import { printable } from './output.js';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** In columns of the terminal. Wider cells are cut. */
  readonly maxWidth?: number;
}

const GAP = '  ';

/**
 * Formats rows as aligned lines below their titles. Widths are measured as a terminal shows them, so text in any script
 * lines up. Cells are made printable here.
 */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const cells = [columns.map(({ title }) => title), ...rows].map((row) =>
    row.map((cell, i) => cut(printable(cell), columns[i]?.maxWidth ?? Number.POSITIVE_INFINITY)),
  );
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => stringWidth(row[i] ?? ''))));
  return cells.map((row) =>
    row
      .map((cell, i) => {
        const fill = ' '.repeat(Math.max(0, (widths[i] ?? 0) - stringWidth(cell)));
        return columns[i]?.align === 'right' ? fill + cell : cell + fill;
      })
      .join(GAP)
      .trimEnd(),
  );
}

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Cuts a text to a number of terminal columns, with an ellipsis. It never splits a character. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let taken = '';
  let used = 0;
  for (const { segment } of characters.segment(text)) {
    used += stringWidth(segment);
    if (used > width - 1) break;
    taken += segment;
  }
  return `${taken.trimEnd()}…`;
}

/** Breaks a text between words into lines of at most `width` columns. A longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && stringWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
