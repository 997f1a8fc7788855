import { isProviderError, ProviderMisconfiguredError, ProviderUnavailableError } from './errors.js';
import type { ModelDescription, Provider } from './provider.js';
import { requireDimensions } from './require-dimensions.js';

/**
 * A server with a model that is not known to be trained for shortening, whose vectors it may shorten when it is asked for
 * the column's dimensions. Before the first are taken, it is made sure that it does not: at start, where it answers then,
 * else with the first texts.
 */
export class ShorteningGuard implements Provider {
  readonly #provider: Provider;
  readonly #model: string;
  /** The model's own dimensions; null where it was asked for them and does not tell, undefined before. */
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

  /** @throws ProviderMisconfiguredError where the vectors would be shortened */
  async embed(texts: readonly string[], dimensions: number, signal: AbortSignal): Promise<unknown> {
    this.#native ??= await this.#findNative(signal);
    if (this.#native !== null) this.#require(this.#native, dimensions);
    return await this.#provider.embed(texts, dimensions, signal);
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
      this.#native = undefined; // asked again with the next texts: someone may have changed the model
      throw error;
    }
  }

  /** @throws ProviderError that no text is to blame for */
  async #findNative(signal: AbortSignal): Promise<number | null> {
    try {
      const { dimensions } = await this.#provider.describe(signal);
      if (dimensions !== null) return dimensions;
    } catch (error) {
      if (!isProviderError(error)) throw error; // a server that describes no model may embed
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
