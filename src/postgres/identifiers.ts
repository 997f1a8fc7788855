import pg from 'pg';

/** Quotes a name as the catalogue holds it, such as that of a column. */
export function quoteColumn(name: string): string {
  return pg.escapeIdentifier(name);
}

/** Quotes a table with its schema, both as the catalogue holds them. */
export function quoteTable(schema: string, name: string): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
}

/** A name that cannot be read in any way; the message says why and repeats the name. */
export class NameError extends Error {}

/** One way to read a name: its parts, each as the catalogue would hold it. */
export type NameReading = readonly string[];

// https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
const PART =
  /[ \t\n\r\f\v]*(?:"(?<quoted>(?:[^"]|"")+)"|(?<plain>[A-Za-z_\u0080-\u{10ffff}][\w$\u0080-\u{10ffff}]*))[ \t\n\r\f\v]*/uy;
const OPEN_QUOTE = /[ \t\n\r\f\v]*"(?:[^"]|"")*$/uy;

/**
 * The ways to read the name of a table, `table` or `schema.table`, in the order in which they are to be tried: as SQL
 * reads it, quotes included, and literally, where that is another one.
 *
 * @throws NameError where it has more parts, an empty one, or a quote that is not closed
 */
export function readTableName(text: string): NameReading[] {
  const readings = readingsOf(text, text.split('.')).filter((parts) => parts.length <= 2);
  if (readings.length > 0) return readings;
  throw new NameError(
    `"${text}" is not a table name: give table or schema.table, with double quotes around a name that holds a dot`,
  );
}

/**
 * The same for a column: dots within its name are part of it.
 *
 * @throws NameError where it is empty or has a quote that is not closed
 */
export function readColumnName(text: string): string[] {
  const names = readingsOf(text, [text]).flatMap((parts) => (parts.length === 1 ? parts : []));
  if (names.length > 0) return names;
  throw new NameError(`"${text}" is not a name`);
}

function readingsOf(text: string, literal: NameReading): NameReading[] {
  const asSql = readAsSql(text);
  const isUsable = literal.every((part) => part.trim() !== '' && !part.includes('\0'));
  const isSame = asSql?.length === literal.length && asSql.every((part, index) => part === literal[index]);
  return [...(asSql === undefined ? [] : [asSql]), ...(isUsable && !isSame ? [literal] : [])];
}

/** @returns undefined where SQL takes it for no name */
function readAsSql(text: string): NameReading | undefined {
  const parts: string[] = [];
  for (let at = 0; ; at += 1) {
    OPEN_QUOTE.lastIndex = at;
    if (OPEN_QUOTE.test(text)) {
      throw new NameError(
        `"${text}" has a quote that is not closed: within quotes, a quote of the name is written twice`,
      );
    }
    PART.lastIndex = at;
    const match = PART.exec(text);
    if (match === null) return undefined;
    const { quoted, plain } = match.groups ?? {};
    // As the server folds: in UTF-8, nothing but the letters of ASCII.
    parts.push(quoted?.replaceAll('""', '"') ?? (plain ?? '').replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
    at = PART.lastIndex;
    if (at === text.length) return parts.some((part) => part.includes('\0')) ? undefined : parts;
    if (text[at] !== '.') return undefined;
  }
}

/** SQL that the server printed, on one line; what stands in quotes stays as it is. */
export function onOneLine(sql: string): string {
  return sql.replace(/('(?:[^']|'')*'|"(?:[^"]|"")*")|\s*\n\s*/g, (_, quoted: string | undefined) => quoted ?? ' ');
}
