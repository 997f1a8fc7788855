import stringWidth from 'string-width';
import { printable } from './output.js';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Cells wider than this many columns of the terminal are cut. */
  readonly maxWidth?: number;
}

const GAP = '  ';

/**
 * Rows as aligned lines, the titles first. Widths are those on a terminal, so that texts of any script line up; cells
 * are made printable here.
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

/** A text of at most so many columns of a terminal, with an ellipsis where it was cut; never within a character. */
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

/** A text as lines of at most so many columns, broken between words; a longer word stays whole. */
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
