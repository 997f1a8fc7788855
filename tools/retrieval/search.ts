export interface EmbeddedDocument {
  readonly id: string;
  /** A unit vector. */
  readonly vector: readonly number[];
}

/** The ids of the `count` documents whose cosine with the query is the highest, best first. */
export function nearest(query: readonly number[], documents: readonly EmbeddedDocument[], count: number): string[] {
  return documents
    .map(({ id, vector }) => ({ id, cosine: scalarProduct(query, vector) }))
    .sort((a, b) => b.cosine - a.cosine || (a.id < b.id ? -1 : 1))
    .slice(0, count)
    .map(({ id }) => id);
}

function scalarProduct(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
