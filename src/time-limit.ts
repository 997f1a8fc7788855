/**
 * A signal that is aborted with another, or once a time has passed. In place of `AbortSignal.timeout`: Node keeps one that
 * was joined with another until its time has passed, 800 bytes each.
 */
export class TimeLimit {
  readonly signal: AbortSignal;
  readonly #own = new AbortController();
  readonly #timer: NodeJS.Timeout;

  /** @param reason makes the signal's reason, once the time has passed: hardly ever, where an error costs its stack */
  constructor(limitMs: number, signal: AbortSignal, reason = () => new Error(`took longer than ${limitMs / 1000} s`)) {
    this.signal = AbortSignal.any([signal, this.#own.signal]);
    this.#timer = setTimeout(() => {
      this.#own.abort(reason());
    }, limitMs);
  }

  get hasPassed(): boolean {
    return this.#own.signal.aborted;
  }

  /** To be called when what was limited is over. */
  clear(): void {
    clearTimeout(this.#timer);
  }
}
