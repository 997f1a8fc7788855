import pg from 'pg';

/** Quotes a column's name, given as the catalogue stores it. */
export function quoteColumn(name: string): string {
  return pg.escapeIdentifier(name);
}

/** Quotes a schema and a table, given as the catalogue stores them. */
export function quoteTable(schema: string, name: string): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
}

/** A name without any valid reading. The message says why and repeats the name. */
export class NameError extends Error {}

/** One way to read a name: its parts, each as the catalogue would store it. */
export type NameReading = readonly string[];

// https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
const PART =
  /[ \t\n\r\f\v]*(?:"(?<quoted>(?:[^"]|"")+)"|(?<plain>[A-Za-z_\u0080-\u{10ffff}][\w$\u0080-\u{10ffff}]*))[ \t\n\r\f\v]*/uy;
const OPEN_QUOTE = /[ \t\n\r\f\v]*"(?:[^"]|"")*$/uy;

/**
 * The ways to read a table name, `table` or `schema.table`, in the order to try them: as SQL reads it, quotes included,
 * and literally, if that differs.
 *
 * @throws NameError if it has more parts, an empty part, or an unclosed quote
 */
export function readTableName(text: string): NameReading[] {
  const readings = readingsOf(text, text.split('.')).filter((parts) => parts.length <= 2);
  if (readings.length > 0) return readings;
  throw new NameError(
    `"${text}" is not a table name: give table or schema.table, with double quotes around a name that contains a dot`,
  );
}

/**
 * The same for a column, whose name may contain dots.
 *
 * @throws NameError if it is empty or has an unclosed quote
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

/** @returns undefined if it is not a name in SQL */
function readAsSql(text: string): NameReading | undefined {
  const parts: string[] = [];
  for (let at = 0; ; at += 1) {
    OPEN_QUOTE.lastIndex = at;
    if (OPEN_QUOTE.test(text)) {
      throw new NameError(
        `"${text}" has an unclosed quote: inside quotes, write a quote that is part of the name twice`,
      );
    }
    PART.lastIndex = at;
    const match = PART.exec(text);
    if (match === null) return undefined;
    const { quoted, plain } = match.groups ?? {};
    // The server folds only ASCII letters in UTF-8.
    parts.push(quoted?.replaceAll('""', '"') ?? (plain ?? '').replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
    at = PART.lastIndex;
    if (at === text.length) return parts.some((part) => part.includes('\0')) ? undefined : parts;
    if (text[at] !== '.') return undefined;
  }
}

/** Puts SQL that the server printed on one line. Quoted text stays as it is. */
export function onOneLine(sql: string): string {
  return sql.replace(/('(?:[^']|'')*'|"(?:[^"]|"")*")|\s*\n\s*/g, (_, quoted: string | undefined) => quoted ?? ' ');
}
