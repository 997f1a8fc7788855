/** One vector per text, in order. */
export type Embed = (texts: readonly string[]) => Promise<readonly (readonly number[])[]>;

/** Embeds each text once, however many settings have it in common. */
export class EmbeddingCache {
  readonly #embed: Embed;
  readonly #vectors = new Map<string, readonly number[]>();

  constructor(embed: Embed) {
    this.#embed = embed;
  }

  get size(): number {
    return this.#vectors.size;
  }

  readonly embed: Embed = async (texts) => {
    const missing = [...new Set(texts)].filter((text) => !this.#vectors.has(text));
    const vectors = await this.#embed(missing);
    missing.forEach((text, i) => this.#vectors.set(text, vectors[i] ?? []));
    return texts.map((text) => this.#vectors.get(text) ?? []);
  };
}
