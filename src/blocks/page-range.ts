import type { TableFile } from './sql/read-files.js';

/** PostgreSQL's page size, unless it was built with another. */
export const PAGE_BYTES = 8_192;
/** The number of pages that a table can have (PostgreSQL, block.h). */
const MAX_PAGES = 0xffff_fffe;

/** The pages from `from` up to, but without, `to`, of each file of the table: partitions are read together. */
export interface PageRange {
  readonly from: number;
  readonly to: number;
}

export const ALL_PAGES: PageRange = { from: 0, to: MAX_PAGES };

/**
 * SQL that holds for the blocks at an alias that lie in a range of pages. PostgreSQL then reads no other pages (Tid Range
 * Scan, since version 14), also through a partitioned table. Its parameters are `pageRangeValues`.
 *
 * @param alias of the blocks table
 * @param from SQL for the first parameter, such as `$1`
 * @param to SQL for the second
 */
export function pageRangeSql(alias: string, from: string, to: string): string {
  return `${alias}.ctid >= ${from}::tid AND ${alias}.ctid < ${to}::tid`;
}

export function pageRangeValues({ from, to }: PageRange): [string, string] {
  return [`(${from},0)`, `(${to},0)`];
}

/** How many pages of these files lie in a range. */
export function countPages(files: readonly TableFile[], { from, to }: PageRange): number {
  return files.reduce((sum, { pages }) => sum + Math.max(0, Math.min(to, pages) - Math.min(from, pages)), 0);
}

/**
 * The first part of a range that has at most `pages` pages in all files together, but at least one of each.
 *
 * @param newestFirst the last part instead
 */
export function takePages(
  files: readonly TableFile[],
  { from, to }: PageRange,
  pages: number,
  newestFirst: boolean,
): PageRange {
  const part = (width: number) => (newestFirst ? { from: to - width, to } : { from, to: from + width });
  let width = 1;
  let tooWide = to - from + 1;
  while (tooWide - width > 1) {
    const middle = Math.floor((width + tooWide) / 2);
    if (countPages(files, part(middle)) <= pages) width = middle;
    else tooWide = middle;
  }
  return part(width);
}
