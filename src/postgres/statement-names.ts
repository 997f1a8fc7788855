/** A statement is prepared from its fourth use. */
const UNPREPARED_USES = 3;
/** Each connection keeps its prepared statements, so their number is limited. */
const MAX_STATEMENTS = 200;

/**
 * Names the prepared statements of repeated texts: for most of them, parsing and planning took the server longer than
 * running them. One instance per database, because a name means the same text on each connection.
 */
export class StatementNames {
  /** By text: its name, or how many times it has been used. */
  readonly #names = new Map<string, string | number>();
  #named = 0;

  /** @returns undefined for a text that is not to be prepared: on its first uses, or if it holds several statements */
  of(text: string): string | undefined {
    const known = this.#names.get(text) ?? 0;
    if (typeof known === 'string') return known;
    if (text.includes(';') || (known === 0 && this.#names.size >= MAX_STATEMENTS)) return undefined;
    const used = known + 1;
    const name = used > UNPREPARED_USES ? `embedding_worker_${++this.#named}` : undefined;
    this.#names.set(text, name ?? used);
    return name;
  }
}
