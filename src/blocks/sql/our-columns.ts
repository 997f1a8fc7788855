import type { BlockStatus } from '../status.js';
import type { BlocksTable } from '../table.js';

/** The two columns that the worker writes, as the catalogue holds them. */
export function ourColumns({ columns }: BlocksTable): readonly string[] {
  return [columns.embedding, columns.status];
}

/** Every status that we write. */
export const STATUSES: readonly BlockStatus[] = ['pending', 'processing', 'completed', 'error', 'skipped'];

/** Statuses as a list of SQL literals. */
export function statusList(statuses: readonly string[]): string {
  return statuses.map((status) => `'${status}'`).join(', ');
}

/** A vector such as a model gives, of length 1, as PostgreSQL reads it. */
export function someVector({ dimensions }: BlocksTable): string {
  return `[${new Array<number>(dimensions).fill(Math.fround(1 / Math.sqrt(dimensions))).join(',')}]`;
}
