/** The share of the right blocks that are among the first `count` found. */
export function recallAt(count: number, found: readonly string[], right: readonly string[]): number {
  const first = new Set(found.slice(0, count));
  return right.filter((id) => first.has(id)).length / right.length;
}

/** One divided by the rank of the first right block, or 0 if none is among the first `count` found. */
export function reciprocalRankAt(count: number, found: readonly string[], right: readonly string[]): number {
  const rank = found.slice(0, count).findIndex((id) => right.includes(id));
  return rank === -1 ? 0 : 1 / (rank + 1);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
