import type { ConnectionChoice } from './connections.js';
import type { Dialect } from './dialect.js';
import type { Shorten } from './model-families.js';

/** A text that every working server embeds. */
export const KNOWN_GOOD_TEXT = 'The quick brown fox jumps over the lazy dog.';

/** What a server says about a model. */
export interface ModelDescription {
  readonly canEmbed: boolean;
  /** The model's native dimensions; null if the server does not say. */
  readonly dimensions: number | null;
  /** Tokens. */
  readonly contextLength: number | null;
  /** The models that the server lists, if this one is not among them. */
  readonly listedInstead?: readonly string[];
}

/** Whether a server has the model in memory. */
export interface LoadState {
  readonly isLoaded: boolean;
  /** When the server unloads it unless there are further requests; null if the server does not say. */
  readonly expiresAt: Date | null;
}

/**
 * The part of a server's HTTP API that embedding needs. Throws only the errors of `errors.ts`. Retries nothing: gate and
 * embedder do, because they know which other requests are in flight.
 */
export interface Provider {
  readonly dialect: Dialect;
  /** The maximum number of texts in one request. */
  readonly maxTexts: number;
  /** Which models' vectors may be shortened to the column's dimensions. */
  readonly shorten: Shorten;

  /**
   * @param texts at least one, at most `maxTexts`
   * @param dimensions the length to which the server shortens vectors, if it can
   * @returns the embeddings as the server sent them, in the order of the texts, unchecked: `readVectors` checks them
   */
  embed(
    texts: readonly string[],
    dimensions: number,
    signal: AbortSignal,
    connection?: ConnectionChoice,
  ): Promise<unknown>;

  /**
   * Embeds a text without asking for dimensions.
   *
   * @returns the dimensions of the vector; null if the server requires the field
   */
  nativeDimensions(signal: AbortSignal): Promise<number | null>;

  /** Has the model loaded, if the server loads models on demand and can be asked to. */
  load(signal: AbortSignal): Promise<void>;

  /**
   * Asks whether the model is in memory, without loading it.
   *
   * @returns null if the server does not say
   */
  loadState(signal: AbortSignal): Promise<LoadState | null>;

  describe(signal: AbortSignal): Promise<ModelDescription>;

  /** @returns the server's version; null if it answers but its API has no version */
  version(signal: AbortSignal): Promise<string | null>;

  /** Closes the open connections. */
  close(): void;
}
