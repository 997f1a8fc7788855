import type { StatusCount } from './blocks.js';
import { duration, say, style, table } from './output.js';

/** Prints the numbers of blocks by type and status, with totals. */
export function printCounts(counts: readonly StatusCount[]): void {
  const types = [...new Set(counts.map(({ type }) => type))].sort();
  const sum = (matches: (count: StatusCount) => boolean) =>
    String(counts.filter(matches).reduce((total, { count }) => total + count, 0));
  const row = (label: string, isOfType: (count: StatusCount) => boolean) => [
    label,
    ...COLUMNS.map(({ statuses }) => sum((count) => isOfType(count) && statuses.includes(count.status))),
    sum(isOfType),
  ];
  const lines = table(
    [
      ['', ...COLUMNS.map(({ title }) => title), 'total'],
      ...types.map((type) => row(type, (count) => count.type === type)),
      row('total', () => true),
    ],
    ['left', 'right', 'right', 'right', 'right', 'right'],
  );
  lines.forEach((line, i) =>
    say(`  ${i === 0 ? style('dim', line) : i === lines.length - 1 ? style('bold', line) : line}`),
  );
}

const COLUMNS = [
  { title: 'completed', statuses: ['completed'] },
  { title: 'skipped', statuses: ['skipped'] },
  { title: 'error', statuses: ['error'] },
  { title: 'waiting', statuses: ['pending', 'processing'] },
];

/** Prints times with labels and optional remarks. */
export function printTimes(times: readonly (readonly [label: string, ms: number, remark?: string])[]): void {
  const rows = times.map(([label, ms, remark = '']) => [label, duration(ms), remark]);
  for (const line of table(rows, ['left', 'right', 'left'])) say(`  ${line}`);
}
