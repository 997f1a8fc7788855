/** What is known about a request before it is sent. */
export interface RequestFacts {
  /** Number of texts. */
  readonly texts: number;
  /** How long requests of this size take, in milliseconds; undefined if that is not known yet. */
  readonly expectedMs: number | undefined;
  /** How often the same texts were sent before and lost. */
  readonly resends: number;
}

export interface WatchedRequestOptions {
  readonly texts: number;
  /** When it was sent, by `performance.now()`. */
  readonly sentAt: number;
  /** How long it may be unanswered before the server is checked. */
  readonly patienceMs: number;
  /** How long after the first answer to a later request the second one must be sent that proves the loss. */
  readonly confirmAfterMs: number;
}

/** A request in flight, and what answers to later ones say about it. Times are those of `performance.now()`. */
export class WatchedRequest {
  readonly texts: number;
  readonly sentAt: number;
  readonly #overdueAt: number;
  readonly #confirmAfterMs: number;
  readonly #outer: AbortSignal;
  readonly #own = new AbortController();
  /** When a later request may be sent whose answer proves the loss. */
  #confirmableAt: number | undefined;
  #isLost = false;

  /** @param signal cancels the request */
  constructor({ texts, sentAt, patienceMs, confirmAfterMs }: WatchedRequestOptions, signal: AbortSignal) {
    this.texts = texts;
    this.sentAt = sentAt;
    this.#overdueAt = sentAt + patienceMs;
    this.#confirmAfterMs = confirmAfterMs;
    this.#outer = signal;
    if (signal.aborted) this.#follow();
    else signal.addEventListener('abort', this.#follow, { once: true });
  }

  /** Aborted when the request is cancelled or lost. Follows the outer signal until `unfollow` is called. */
  get signal(): AbortSignal {
    return this.#own.signal;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** When the server is to be checked because of this request; Infinity once it is cancelled. */
  get checkAt(): number {
    return this.signal.aborted ? Infinity : (this.#confirmableAt ?? this.#overdueAt);
  }

  isOverdue(now: number): boolean {
    return now >= this.#overdueAt;
  }

  /**
   * Takes in that a request was answered.
   *
   * @param sentAt when that request was sent
   * @returns whether the answer proves that this one is lost
   */
  isLostAfterAnswer(sentAt: number, now: number): boolean {
    if (sentAt <= this.sentAt || !this.isOverdue(now) || this.signal.aborted) return false;
    if (this.#confirmableAt !== undefined) return sentAt >= this.#confirmableAt;
    this.#confirmableAt = now + this.#confirmAfterMs;
    return false;
  }

  /** Cancels the request because it is lost. */
  lose(): void {
    this.#isLost = true;
    this.#own.abort(new Error('the request was lost'));
  }

  /** To be called when the request has ended. */
  unfollow(): void {
    this.#outer.removeEventListener('abort', this.#follow);
  }

  readonly #follow = (): void => {
    this.#own.abort(this.#outer.reason);
  };
}
