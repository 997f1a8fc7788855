import type { Machine } from './machine.js';
import { isReached, type Figure } from './scenario.js';

export interface Measured {
  readonly scenario: string;
  readonly what: string;
  readonly figures: readonly Figure[];
}

export interface Report {
  readonly machine: Machine;
  readonly seed: number;
  readonly runs: number;
  readonly quick: boolean;
  readonly measured: readonly Measured[];
}

/** One scenario's figures as a text table, without columns that are empty. */
export function tableOf({ scenario, what, figures }: Measured): string {
  const rows = figures.map((one) => [
    isReached(one) ? (one.target === undefined ? '' : 'ok') : 'MISSED',
    one.what,
    `${numeral(one.value)} ${one.unit}`.trim(),
    targetOf(one),
    rangeOf(one),
  ]);
  const valueTitle = figures.some((one) => rangeOf(one) !== '') ? 'median' : 'value';
  const header = ['', 'figure', valueTitle, 'target', 'range'];
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const isShown = header.map((_, i) => rows.some((row) => row[i] !== ''));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .filter((_, i) => isShown[i])
      .join('  ')
      .trimEnd();
  return [`${scenario}: ${what}`, ...[header, ...rows].map((row) => `  ${line(row)}`)].join('\n');
}

export function machineLine({ cpu, cores, memoryGiB, kernel, node, postgres }: Machine): string {
  return `${cores} cores (${cpu}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}, ${postgres.split(' from ')[0] ?? ''}`;
}

function targetOf({ target }: Figure): string {
  if (target === undefined) return '';
  return 'atLeast' in target ? `≥ ${numeral(target.atLeast)}` : `≤ ${numeral(target.atMost)}`;
}

function rangeOf({ runs = [] }: Figure): string {
  return runs.length < 2 ? '' : `${numeral(Math.min(...runs))} to ${numeral(Math.max(...runs))}`;
}

/** Three significant digits. */
function numeral(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.abs(value) >= 100 || value === 0 ? 0 : Math.min(4, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}
