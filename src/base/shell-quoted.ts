/** A word of a command line, quoted for a shell if it needs to be. */
export function shellQuoted(word: string): string {
  return /^[\w:.-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
