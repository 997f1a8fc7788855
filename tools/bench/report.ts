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

/** One scenario's figures as a text table. */
export function tableOf({ scenario, what, figures }: Measured): string {
  const rows = figures.map((one) => [
    isReached(one) ? (one.target === undefined ? '' : 'ok') : 'MISSED',
    one.what,
    `${numeral(one.value)} ${one.unit}`.trim(),
    targetOf(one),
    one.runs === undefined || one.runs.length < 2
      ? ''
      : `${numeral(Math.min(...one.runs))} to ${numeral(Math.max(...one.runs))}`,
  ]);
  const header = ['', 'figure', 'median', 'target', 'range'];
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return [`${scenario}: ${what}`, line(header), ...rows.map(line)]
    .map((text) => `  ${text}`.trimEnd())
    .join('\n')
    .trimStart();
}

export function machineLine({ cpu, cores, memoryGiB, kernel, node, postgres }: Machine): string {
  return `${cores} cores (${cpu}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}, ${postgres.split(' from ')[0] ?? ''}`;
}

function targetOf({ target }: Figure): string {
  if (target === undefined) return '';
  return 'atLeast' in target ? `≥ ${numeral(target.atLeast)}` : `≤ ${numeral(target.atMost)}`;
}

/** Three significant digits. */
function numeral(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.abs(value) >= 100 || value === 0 ? 0 : Math.min(4, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}
