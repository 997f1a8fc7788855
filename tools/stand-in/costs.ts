/** What a request costs, in milliseconds of the lane that embeds it. */
export interface Costs {
  /** Per request. */
  readonly requestMs: number;
  /** Per text. */
  readonly textMs: number;
  /** Times the square of the number of texts, for a server on which larger requests are slower. */
  readonly textSquaredMs: number;
  /** Per character (UTF-16 unit) of the texts. */
  readonly characterMs: number;
}

export const COST_NAMES = [
  'requestMs',
  'textMs',
  'textSquaredMs',
  'characterMs',
] as const satisfies readonly (keyof Costs)[];

/** The costs among other options. */
export function costsOf({ requestMs, textMs, textSquaredMs, characterMs }: Costs): Costs {
  return { requestMs, textMs, textSquaredMs, characterMs };
}

/** How long a request with these texts takes. */
export function requestCostMs(costs: Costs, texts: readonly string[]): number {
  return texts.reduce((sum, text, before) => sum + nextTextMs(costs, text, before), costs.requestMs);
}

/** How long a request occupies its lane if it is abandoned after `elapsedMs`: its fixed cost and the texts begun. */
export function abandonedCostMs(costs: Costs, texts: readonly string[], elapsedMs: number): number {
  if (elapsedMs <= costs.requestMs) return Math.max(0, elapsedMs);
  let untilMs = costs.requestMs;
  for (const [before, text] of texts.entries()) {
    if (untilMs >= elapsedMs) break;
    untilMs += nextTextMs(costs, text, before);
  }
  return untilMs;
}

/** What a text adds to the cost of a request that has `before` texts already. */
function nextTextMs({ textMs, textSquaredMs, characterMs }: Costs, text: string, before: number): number {
  return textMs + textSquaredMs * (2 * before + 1) + characterMs * text.length;
}

/**
 * Checks costs that were received as JSON.
 *
 * @throws TypeError naming the wrong field
 */
export function parseCosts(value: unknown): Partial<Costs> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError('costs: expected an object');
  }
  for (const [name, cost] of Object.entries(value)) {
    if (!COST_NAMES.some((known) => known === name)) {
      throw new TypeError(`costs: "${name}" is none of ${COST_NAMES.join(', ')}`);
    }
    if (!(typeof cost === 'number' && cost >= 0)) throw new TypeError(`${name}: expected a number from 0 up`);
  }
  return value;
}
