/** After this long without an answer, the server may have unloaded the model. */
const IDLE_MS = 60_000;

/** Tells how long the server spent on a request, from the times of this process's answers. */
export class ServerTime {
  #lastAnswerAt = Number.NEGATIVE_INFINITY;
  /** When the last request succeeded; undefined after a failure. */
  #lastSuccessAt: number | undefined;

  /**
   * Takes in a request that has just been answered.
   *
   * @param sentAt by `performance.now()`
   * @returns milliseconds since it was sent, or since the previous answer, if that is later: until then it waited for the
   * other. undefined if it failed, or may have waited for the model to be loaded
   */
  answered(sentAt: number, succeeded: boolean): number | undefined {
    const now = performance.now();
    const isCold = this.#lastSuccessAt === undefined || sentAt - this.#lastSuccessAt > IDLE_MS;
    const ms = now - Math.max(sentAt, this.#lastAnswerAt);
    this.#lastAnswerAt = now;
    this.#lastSuccessAt = succeeded ? now : undefined;
    return succeeded && !isCold ? ms : undefined;
  }
}
