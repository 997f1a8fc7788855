import type { Measured } from '../report.js';

/**
 * The value of the figure of that name.
 *
 * @throws Error when there is none: the scenario calls it otherwise now
 */
export function valueOf({ scenario, figures }: Measured, what: string): number {
  const found = figures.find((figure) => figure.what === what);
  if (found === undefined) throw new Error(`${scenario} has no figure "${what}" to draw`);
  return found.value;
}

/**
 * Figures that there are several of, one for each case of the scenario: `{case}: {what}`.
 *
 * @throws Error when there is none
 */
export function casesOf({ scenario, figures }: Measured, what: string): { name: string; value: number }[] {
  const ending = `: ${what}`;
  const found = figures.filter((figure) => figure.what.endsWith(ending));
  if (found.length === 0) throw new Error(`${scenario} has no figure "…${ending}" to draw`);
  return found.map((figure) => ({ name: figure.what.slice(0, -ending.length), value: figure.value }));
}

/** As labels show them. */
export function rounded(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}
