/** A statement that was sent so often is worth preparing. */
const ANALYZE_AFTER_JOBS = 3;
/** Every connection keeps what is prepared on it: texts without end must not. */
const MOST = 200;

/**
 * Names for prepared statements, given to texts that come again and again: parsing and planning took the server longer
 * than running most of them. Per database, since a name stands for the same text on each of its connections.
 */
export class StatementNames {
  /** By text: its name, or how often it was sent. */
  readonly #names = new Map<string, string | number>();
  #named = 0;

  /** @returns undefined where the text is better sent as it is: the first times, or when it holds several statements */
  of(text: string): string | undefined {
    const known = this.#names.get(text) ?? 0;
    if (typeof known === 'string') return known;
    if (text.includes(';') || (known === 0 && this.#names.size >= MOST)) return undefined;
    const used = known + 1;
    const name = used > ANALYZE_AFTER_JOBS ? `embedding_worker_${++this.#named}` : undefined;
    this.#names.set(text, name ?? used);
    return name;
  }
}
