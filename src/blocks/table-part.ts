import { pageRangeSql, pageRangeValues, type PageRange } from './page-range.js';
import { scopeSql, scopeValues, type BlockScope } from './scope.js';
import type { BlocksTable } from './table.js';

/** The part of the blocks table that a statement reads, with `b` as its alias. */
export interface TablePart {
  /** SQL that follows FROM. */
  readonly from: string;
  /** SQL that holds for the rows of this part. */
  readonly where: string;
  /** Its parameters, `$1` and so on; those of the statement follow. */
  readonly values: readonly unknown[];
}

export function wholeTable(table: BlocksTable): TablePart {
  return { from: `${table.blocks} b`, where: 'true', values: [] };
}

/** The blocks in scope. An index on the notes' ids can find those of a few notes. */
export function scopePart(table: BlocksTable, scope: BlockScope): TablePart {
  return { from: `${table.blocks} b`, where: scopeSql(table, scope, '$1', '$2'), values: scopeValues(scope) };
}

/**
 * Pages chosen at random, through the parent if the table has partitions. With the same seed, a smaller sample is a part
 * of a larger one.
 *
 * @param percent of the pages, 0 to 100
 */
export function samplePart(table: BlocksTable, percent: number, seed: number): TablePart {
  return { from: `${table.blocks} b TABLESAMPLE SYSTEM ($1) REPEATABLE ($2)`, where: 'true', values: [percent, seed] };
}

/**
 * A range of pages, as `walkTable` reads them. OFFSET 0 keeps the other conditions of the statement out of the subquery:
 * with an index on the status and statistics from before a change of many blocks, PostgreSQL would find those blocks in the
 * whole table for each slice.
 */
export function pagesPart(table: BlocksTable, pages: PageRange): TablePart {
  const { id, noteId, type, status, embedding } = table;
  const columns = [id, noteId, type, status, embedding].map((column) => `b.${column}`).join(', ');
  return {
    from: `(SELECT ${columns} FROM ${table.blocks} b WHERE ${pageRangeSql('b', '$1', '$2')} OFFSET 0) b`,
    where: 'true',
    values: pageRangeValues(pages),
  };
}
