import type { Events } from '../telemetry/events.js';
import { RequestCost, type Cost } from './request-cost.js';

/** The size before anything is learned, and the least size for edits. */
export const INITIAL_TEXTS = 10;
/** A larger request gains nothing worth having: with the fixed cost of 10 texts, it is 8 % of this one. */
export const MAX_TEXTS = 128;
/** The fixed cost should be this share of a request, no more. */
const FIXED_SHARE = 1 / 10;
/** Requests between two changes of the size, so that each is judged by its own. Requests that are too slow delay edits. */
const REQUESTS_BEFORE_GROWTH = 30;
const REQUESTS_BEFORE_SHRINKAGE = 10;
const MAX_GROWTH = 2;
const MAX_SHRINKAGE = 4;
/** Smaller changes are not worth registering the workers again. */
const MIN_CHANGE = 1.3;
/**
 * The share of batches that are sent in halves, which makes one request in four. Without requests of another size the two
 * costs cannot be told apart. Chosen at random: a regular pattern resonates with that of other replicas.
 */
const EXPLORED_BATCHES = 1 / 7;
/** How long a size that the server rejected is not tried again. */
const REJECTION_MS = 60 * 60_000;

export interface RequestSizeOptions {
  /** The maximum number of texts in one request that the server accepts. */
  readonly maxTexts: number;
  /** The longest time that the texts of one request should take: an edit waits for the requests in flight. */
  readonly targetMs: number;
  /** A size that is set and not learned. */
  readonly fixedTexts: number | undefined;
  readonly events: Events;
  /** From 0 to 1. */
  readonly random?: () => number;
}

/**
 * Learns how many texts a backlog request should have. A request costs the server a fixed part and a part per text. The
 * size is chosen so that the fixed part is a tenth, as long as the texts take no longer than the target.
 *
 * The target limits the texts' part, not the whole: with several replicas, or a distant server, the fixed part alone may
 * exceed it, and the smallest size would make it worse.
 */
export class RequestSize {
  readonly #options: RequestSizeOptions;
  readonly #cost = new RequestCost();
  readonly #random: () => number;
  #texts: number;
  #sinceChange = 0;
  #limit: { readonly texts: number; readonly until: number } | undefined;

  constructor(options: RequestSizeOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#texts = Math.min(options.fixedTexts ?? INITIAL_TEXTS, options.maxTexts);
  }

  /** Texts in one backlog request. */
  get texts(): number {
    return this.#texts;
  }

  get cost(): Cost | undefined {
    return this.#cost.estimate();
  }

  /** The expected duration of a request on the server, in milliseconds; undefined as long as it is not known. */
  expectedMs(texts: number): number | undefined {
    return this.#cost.expectedMs(texts);
  }

  /**
   * Divides a batch into requests.
   *
   * @param explore whether sizes may vary to learn what requests cost; not for edits, which should not wait for a second one
   * @returns the requests' numbers of texts
   */
  divide(texts: number, explore: boolean): number[] {
    const size = Math.min(this.#maxTexts, explore ? this.#texts : Math.max(this.#texts, INITIAL_TEXTS));
    const varies = explore && this.#options.fixedTexts === undefined;
    const sizes: number[] = [];
    for (let left = texts; left > 0;) {
      const next = Math.min(left, size);
      const requests = varies && this.#random() < EXPLORED_BATCHES ? this.#otherSizes(next, left) : [next];
      sizes.push(...requests);
      for (const sent of requests) left -= sent;
    }
    return sizes;
  }

  /**
   * Takes in how long a request took. Failed ones and those that may have waited for a model load do not count.
   *
   * @param ms on the server, without the time it waited there for this process's other requests
   */
  record(texts: number, ms: number): void {
    this.#cost.record(texts, ms);
    this.#sinceChange += 1;
    const cost = this.cost;
    if (cost === undefined) return;
    this.#options.events.emit('request-cost', cost);
    if (this.#options.fixedTexts === undefined) this.#adapt(cost);
  }

  /** Takes in that the server rejected a request but accepted its texts in halves. */
  rejected(texts: number): void {
    if (this.#options.fixedTexts !== undefined) return;
    const limit = Math.min(Math.ceil(texts / 2), this.#maxTexts);
    this.#limit = { texts: limit, until: performance.now() + REJECTION_MS };
    if (this.#texts > this.#maxTexts) this.#change(this.#maxTexts);
  }

  get #maxTexts(): number {
    const { maxTexts, fixedTexts } = this.#options;
    if (fixedTexts !== undefined) return maxTexts;
    const limit = this.#limit === undefined || performance.now() > this.#limit.until ? Infinity : this.#limit.texts;
    return Math.min(MAX_TEXTS, maxTexts, limit);
  }

  /** Halves, or two texts where one is the size. */
  #otherSizes(size: number, left: number): number[] {
    if (size === 1) return [Math.min(2, left, this.#maxTexts)];
    const half = Math.ceil(size / 2);
    return [half, size - half];
  }

  #adapt({ fixedMs, textMs }: Cost): void {
    const inTime = this.#options.targetMs / textMs;
    const efficient = ((1 - FIXED_SHARE) / FIXED_SHARE) * (fixedMs / textMs);
    const best = Math.min(this.#maxTexts, inTime, Math.max(Math.min(INITIAL_TEXTS, inTime), efficient));
    const wanted = Math.max(1, Math.floor(best));
    if (wanted >= this.#texts * MIN_CHANGE && this.#sinceChange >= REQUESTS_BEFORE_GROWTH) {
      this.#change(Math.min(wanted, this.#texts * MAX_GROWTH));
    } else if (wanted * MIN_CHANGE <= this.#texts && this.#sinceChange >= REQUESTS_BEFORE_SHRINKAGE) {
      this.#change(Math.max(wanted, Math.floor(this.#texts / MAX_SHRINKAGE)));
    }
  }

  #change(texts: number): void {
    this.#texts = texts;
    this.#sinceChange = 0;
    this.#options.events.emit('request-size', { texts });
  }
}
