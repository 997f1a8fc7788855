import { once } from 'node:events';
import { styleText } from 'node:util';
import { escapeUnprintable, UNPRINTABLE } from '../telemetry/unprintable.js';

/**
 * Styles of text on stdout. Colours appear only on a terminal, and not if `NO_COLOR` is set (`styleText` checks both).
 */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

export function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** Columns of the terminal. Without a terminal the width is infinite: nothing is cut or wrapped. */
export function outputWidth(): number {
  return process.stdout.isTTY ? Math.max(40, process.stdout.columns) : Number.POSITIVE_INFINITY;
}

// A reader that closes the pipe early, such as `head`, ends the program without an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

/** Writes to stdout, and waits if the reader is slow. */
export async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

export async function writeLines(lines: readonly string[]): Promise<void> {
  await write(lines.map((line) => `${line}\n`).join(''));
}

/**
 * Writes JSON, indented for people as well as programs. Characters that a terminal would act on are escaped, which does
 * not change the value.
 *
 * @param indent 0 puts the value on one line
 */
export async function writeJson(value: object, indent = 2): Promise<void> {
  const json = JSON.stringify(value, null, indent);
  await write(`${json.split('\n').map(escapeUnprintable).join('\n')}\n`);
}

/** Puts untrusted text on one line, without characters that a terminal would act on: ESC becomes `␛`. */
export function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(/\s+/gu, ' ')
    .replace(UNPRINTABLE, (character) => {
      const code = character.charCodeAt(0);
      if (code < 0x20) return String.fromCharCode(0x2400 + code);
      return code < 0xa0 ? '\ufffd' : '';
    })
    .trim();
}

/** 1234567 as 1,234,567. */
export function number(value: number): string {
  return value.toLocaleString('en-US');
}

/** An estimate, to two digits, since a sample is no more precise: `about 1,200,000`. */
export function about(count: number): string {
  return `about ${number(toTwoDigits(count))}`;
}

export function toTwoDigits(count: number): number {
  return Number(count.toPrecision(2));
}

/** `one block`, `2 blocks`. */
export function counted(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Only exactly 0 and 1 are shown as `0.0 %` and `100.0 %`: 0.99999 is `99.9 %`. */
export function percent(share: number): string {
  const tenths = share === 1 ? 1000 : Math.min(999, share === 0 ? 0 : Math.max(1, Math.round(share * 1000)));
  return `${(tenths / 10).toFixed(1)} %`;
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** A duration in at most two units: `850 ms`, `42 s`, `3 min 5 s`, `2 d 4 h`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.max(0, Math.round(seconds * 1000))} ms`;
  const first = UNITS.findIndex(([, size]) => Math.round(seconds) >= size);
  const [unit, size] = UNITS[first] ?? UNITS[3];
  const next = UNITS[first + 1];
  if (next === undefined) return `${Math.round(seconds)} ${unit}`;
  const inNext = Math.round(seconds / next[1]);
  const whole = Math.floor((inNext * next[1]) / size);
  const rest = inNext - (whole * size) / next[1];
  return rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${next[0]}`;
}
