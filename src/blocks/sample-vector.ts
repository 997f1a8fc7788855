import type { BlocksTable } from './table.js';

/** A vector of length 1, like those of a model, as PostgreSQL reads it. */
export function sampleVector({ dimensions }: BlocksTable): string {
  return `[${new Array<number>(dimensions).fill(Math.fround(1 / Math.sqrt(dimensions))).join(',')}]`;
}
