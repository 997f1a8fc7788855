import pg from 'pg';

/** Quotes a column name. */
export function quoteColumn(name: string): string {
  return pg.escapeIdentifier(name);
}

/** Quotes `table` or `schema.table`. */
export function quoteTable(name: string): string {
  return name.split('.').map(pg.escapeIdentifier).join('.');
}
