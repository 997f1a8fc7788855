import type { Measured } from '../report.js';

/**
 * The value of the figure with this name.
 *
 * @throws Error if there is none, because the scenario's names and the charts' differ
 */
export function valueOf({ scenario, figures }: Measured, what: string): number {
  const found = figures.find((figure) => figure.what === what);
  if (found === undefined) throw new Error(`${scenario} has no figure "${what}" to draw`);
  return found.value;
}

/**
 * A figure that the scenario has for each of its cases, named `{case}: {what}`.
 *
 * @throws Error if there is none
 */
export function casesOf({ scenario, figures }: Measured, what: string): { name: string; value: number }[] {
  const ending = `: ${what}`;
  const found = figures.filter((figure) => figure.what.endsWith(ending));
  if (found.length === 0) throw new Error(`${scenario} has no figure "…${ending}" to draw`);
  return found.map((figure) => ({ name: figure.what.slice(0, -ending.length), value: figure.value }));
}

/** As shown in labels. */
export function rounded(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}
