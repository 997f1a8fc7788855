/** The ranges of PostgreSQL's integer types. */
export const INTEGER_RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  smallint: [-32_768n, 32_767n],
  integer: [-2_147_483_648n, 2_147_483_647n],
  bigint: [-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n],
};

/**
 * SQL for the id that PostgreSQL prints as this text; NULL for any other text. A plain cast would fail the statement for all
 * rows because of one. The checks are nested because PostgreSQL may evaluate the sides of an AND in any order.
 *
 * @param text SQL for the text
 * @param idType as `format_type` prints it
 */
export function idFromTextSql(text: string, idType: string): string {
  const range = INTEGER_RANGES[idType];
  if (range !== undefined) {
    const [least, most] = range;
    return `CASE WHEN ${text} ~ '^(0|-?[1-9][0-9]{0,18})$' THEN
      CASE WHEN ${text}::numeric BETWEEN ${least} AND ${most} THEN ${text}::${idType} END END`;
  }
  if (idType === 'uuid') {
    return `CASE WHEN ${text} ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' THEN ${text}::uuid END`;
  }
  return text;
}
