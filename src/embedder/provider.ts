import type { Dialect } from './dialect.js';
import type { Shorten } from './model-families.js';

/** What a server tells of a model. */
export interface ModelDescription {
  readonly canEmbed: boolean;
  /** Its own dimensions, where it says so. */
  readonly dimensions: number | null;
  /** Tokens. */
  readonly contextLength: number | null;
  /** The models that the server lists, where this one is not among them. */
  readonly listedInstead?: readonly string[];
}

/**
 * One server's HTTP API, as far as embedding needs it. Raises the errors of `errors.ts` and nothing else, and tries
 * nothing again: gate and embedder do, who know what else is under way.
 */
export interface Provider {
  readonly dialect: Dialect;
  /** The most texts that one request may hold. */
  readonly maxTexts: number;
  /** Of which models a longer vector may be shortened to the column's dimensions. */
  readonly shorten: Shorten;

  /**
   * @param texts at least one, at most `maxTexts`
   * @param dimensions what the vectors are shortened to, by servers that do this
   * @returns what the server sent as embeddings, in the order of the texts, unchecked: `readVectors` checks
   */
  embed(texts: readonly string[], dimensions: number, signal: AbortSignal): Promise<unknown>;

  /**
   * Embeds a text without asking for dimensions.
   *
   * @returns how many the vector has; null where the server takes no text without them
   */
  nativeDimensions(signal: AbortSignal): Promise<number | null>;

  /** Has the model loaded, where the server loads it on demand and can be asked to. */
  load(signal: AbortSignal): Promise<void>;

  describe(signal: AbortSignal): Promise<ModelDescription>;

  /** @returns the version of the server, as it says it; null where the API has none, and the server answers */
  version(signal: AbortSignal): Promise<string | null>;

  /** Closes the connections that are kept open. */
  close(): void;
}
