import process from 'node:process';
import { styleText } from 'node:util';
import stringWidth from 'string-width';

type Style = 'bold' | 'dim' | 'green' | 'red' | 'cyan';

/** Adds colours if stdout is a terminal and NO_COLOR is not set. */
export function style(name: Style, text: string): string {
  return styleText(name, text, { stream: process.stdout });
}

export function say(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** Begins a part of the demo. */
export function heading(text: string): void {
  say(`\n${style('bold', text)}\n`);
}

/** Prints one line `label  value`. */
export function fact(label: string, value: string): void {
  say(`  ${label.padEnd(LABEL_WIDTH)}${value}`);
}

const LABEL_WIDTH = 12;

/** The lines of a table, with two spaces between columns and none at the end. */
export function table(rows: readonly (readonly string[])[], alignments: readonly ('left' | 'right')[]): string[] {
  const widths = alignments.map((_, column) => Math.max(...rows.map((row) => stringWidth(row[column] ?? ''))));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const padding = ' '.repeat((widths[column] ?? 0) - stringWidth(cell));
        return alignments[column] === 'right' ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** The beginning of a text, as one line of at most this many columns. */
export function excerpt(text: string, columns: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (stringWidth(line) <= columns) return line;
  let cut = '';
  for (const character of line) {
    if (stringWidth(cut) + stringWidth(character) > columns - 1) break;
    cut += character;
  }
  return `${cut.trimEnd()}…`;
}

/** `850 ms`, `3.2 s`. */
export function duration(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** The terminal's width within 80 and 160 columns; 120 without a terminal. */
export function screenWidth(): number {
  return Math.max(80, Math.min(process.stdout.columns ?? 120, 160));
}
