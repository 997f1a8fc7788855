import type { ConnectionChoice } from './connections.js';
import { isProviderError, ProviderMisconfiguredError, ProviderUnavailableError } from './errors.js';
import type { LoadState, ModelDescription, Provider } from './provider.js';
import { requireDimensions } from './require-dimensions.js';

/**
 * Guards a model that is not known to be trained for shortening: asked for the column's dimensions, the server may shorten
 * its vectors. Checks before the first texts are embedded that it does not: at start if the server answers then, otherwise
 * with the first texts.
 */
export class ShorteningGuard implements Provider {
  readonly #provider: Provider;
  readonly #model: string;
  /** The model's native dimensions; null if the server does not tell, undefined if not asked yet. */
  #native: number | null | undefined;

  constructor(provider: Provider, model: string) {
    this.#provider = provider;
    this.#model = model;
  }

  get dialect() {
    return this.#provider.dialect;
  }

  get maxTexts() {
    return this.#provider.maxTexts;
  }

  get shorten() {
    return this.#provider.shorten;
  }

  /** @throws ProviderMisconfiguredError if the vectors would be shortened */
  async embed(
    texts: readonly string[],
    dimensions: number,
    signal: AbortSignal,
    connection?: ConnectionChoice,
  ): Promise<unknown> {
    this.#native ??= await this.#findNative(signal);
    if (this.#native !== null) this.#require(this.#native, dimensions);
    return await this.#provider.embed(texts, dimensions, signal, connection);
  }

  async nativeDimensions(signal: AbortSignal): Promise<number | null> {
    this.#native = await this.#provider.nativeDimensions(signal);
    return this.#native;
  }

  async describe(signal: AbortSignal): Promise<ModelDescription> {
    const description = await this.#provider.describe(signal);
    this.#native = description.dimensions ?? this.#native;
    return description;
  }

  async load(signal: AbortSignal): Promise<void> {
    await this.#provider.load(signal);
  }

  async loadState(signal: AbortSignal): Promise<LoadState | null> {
    return await this.#provider.loadState(signal);
  }

  async version(signal: AbortSignal): Promise<string | null> {
    return await this.#provider.version(signal);
  }

  close(): void {
    this.#provider.close();
  }

  #require(native: number, dimensions: number): void {
    try {
      requireDimensions(native, { model: this.#model, dimensions, shorten: this.shorten });
    } catch (error) {
      this.#native = undefined; // ask again with the next texts: the model may have changed
      throw error;
    }
  }

  /** @throws ProviderError, which is no text's fault */
  async #findNative(signal: AbortSignal): Promise<number | null> {
    try {
      const { dimensions } = await this.#provider.describe(signal);
      if (dimensions !== null) return dimensions;
    } catch (error) {
      if (!isProviderError(error)) throw error; // a server that cannot describe models may still embed
    }
    try {
      return await this.#provider.nativeDimensions(signal);
    } catch (error) {
      if (!isProviderError(error) || error instanceof ProviderMisconfiguredError) throw error;
      const { code, message, fix } = error;
      throw new ProviderUnavailableError(code, message, { inputMayBeAtFault: false, fix, cause: error });
    }
  }
}
