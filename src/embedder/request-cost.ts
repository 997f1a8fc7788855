/** A request's duration on the server: `fixedMs + textMs × texts`. */
export interface Cost {
  readonly fixedMs: number;
  readonly textMs: number;
}

/** What a request loses in weight with each later one: the last 67 decide. */
const FORGETTING = 0.985;
/** Slower requests count as this many times their expected duration: they met something else, such as a model load. */
const MAX_DEVIATION = 3;
/** As many in a row are no exception: the server has become slower. */
const DEVIATIONS_OF_A_CHANGE = 3;
/** Fewer requests say little. */
const MIN_REQUESTS = 10;
/** The least relative variance of the requests' sizes from which their costs can be told apart. 9 and 10 in turn have 0.003. */
const MIN_SPREAD = 0.01;
/** The least share of a request's duration that we put down to its texts: noise may hide it. */
const MIN_TEXT_SHARE = 1 / 20;

/**
 * Estimates what requests cost: least squares of their durations on their numbers of texts, each weighted by 1/texts since
 * a request's variance grows with its texts.
 */
export class RequestCost {
  #requests = 0;
  /** How many times slower than expected the last requests were, as long as all were too slow. */
  #deviations: number[] = [];
  // Weighted sums, forgotten little by little.
  #inverse = 0;
  #ones = 0;
  #texts = 0;
  #msPerText = 0;
  #ms = 0;

  /**
   * @param texts in the request
   * @param ms that the server spent on it, without the time it waited there for this process's other requests
   */
  record(texts: number, ms: number): void {
    const expectedMs = this.expectedMs(texts);
    const deviation = expectedMs === undefined ? 1 : ms / expectedMs;
    if (deviation <= MAX_DEVIATION) this.#deviations = [];
    else this.#deviations.push(deviation);
    if (this.#deviations.length === DEVIATIONS_OF_A_CHANGE) this.#slowDown(Math.min(...this.#deviations));
    const counted = Math.min(ms, MAX_DEVIATION * (this.expectedMs(texts) ?? ms));
    this.#requests += 1;
    this.#inverse = this.#inverse * FORGETTING + 1 / texts;
    this.#ones = this.#ones * FORGETTING + 1;
    this.#texts = this.#texts * FORGETTING + texts;
    this.#msPerText = this.#msPerText * FORGETTING + counted / texts;
    this.#ms = this.#ms * FORGETTING + counted;
  }

  /** @returns undefined until enough requests of different sizes were recorded */
  estimate(): Cost | undefined {
    const spread = 1 - this.#ones ** 2 / (this.#inverse * this.#texts);
    if (this.#requests < MIN_REQUESTS || !(spread >= MIN_SPREAD)) return undefined;
    const meanTextMs = this.#ms / this.#texts;
    const slope = (this.#inverse * this.#ms - this.#ones * this.#msPerText) / (this.#inverse * this.#texts * spread);
    // Neither part is negative; together they explain the mean.
    const textMs = Math.min(meanTextMs, Math.max(meanTextMs * MIN_TEXT_SHARE, slope));
    return { fixedMs: ((meanTextMs - textMs) * this.#texts) / this.#ones, textMs };
  }

  /** The expected duration of a request, in milliseconds; undefined without an estimate. */
  expectedMs(texts: number): number | undefined {
    const cost = this.estimate();
    return cost === undefined ? undefined : cost.fixedMs + cost.textMs * texts;
  }

  /** Keeps the ratio of the two costs until requests have been recorded that tell it. */
  #slowDown(factor: number): void {
    this.#ms *= factor;
    this.#msPerText *= factor;
    this.#deviations = [];
  }
}
