import type { Events } from '../telemetry/events.js';
import type { Logger } from '../telemetry/logger.js';
import { LossHistory } from './loss-history.js';
import { WatchedRequest, type RequestFacts } from './watched-request.js';

/** When a request counts as lost. Times in milliseconds. */
export interface LossLimits {
  /** The server is checked if a request is unanswered for this long, or for ten times its expected time if that is longer. */
  readonly patienceMs: number;
  /** The time from a check that is not answered to the next; the last one repeats. */
  readonly checkIntervalsMs: readonly [number, ...number[]];
  /** The time from the first answer to the check that confirms it, unless twice the request's expected time is longer. */
  readonly confirmAfterMs: number;
}

/** For all servers; `confirmAfterMs` depends on the dialect. */
export const LOSS_LIMITS: Omit<LossLimits, 'confirmAfterMs'> = {
  patienceMs: 10_000,
  checkIntervalsMs: [10_000, 20_000, 40_000],
};
const PATIENCE_FACTOR = 10;
const CONFIRM_FACTOR = 2;
/** The longest time that Node's timers accept. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface LostRequestsOptions {
  /** Embeds the known-good text on a new connection. */
  readonly check: (signal: AbortSignal) => Promise<void>;
  readonly limits: LossLimits;
  readonly events: Events;
  readonly log: Logger;
}

/**
 * Finds requests that will never be answered because their connections are dead and neither side was told, as when a router
 * forgets them. A request that is merely slow must be left alone: Ollama aborts a model load when the client hangs up, and
 * a text that is sent twice costs the server twice. So a request is lost only if the server answers later ones:
 *
 *     sent ──overdue──▶ check ──answered──▶ wait ──▶ check ──answered, this request still not──▶ lost
 *                       ▲   │
 *                       └───┘ not answered: again at growing intervals; nothing is cancelled
 *
 * The first answer shows that the server works now. Perhaps it has just loaded the model and continues all waiting requests,
 * in any order, so only a check that is sent some time later tells. A check embeds the known-good text on a new connection;
 * answers to other requests count as well.
 */
export class LostRequests {
  readonly #options: LostRequestsOptions;
  readonly #history = new LossHistory();
  readonly #inFlight = new Set<WatchedRequest>();
  /** Ends the checks in flight. */
  #checking = new AbortController();
  #checksInFlight = 0;
  /** Checks since the last one that was answered. */
  #unanswered = 0;
  /** No check before this time, because of an unanswered one. */
  #nextCheckAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: LostRequestsOptions) {
    this.#options = options;
  }

  /**
   * Watches a request that is being sent.
   *
   * @param signal cancels the request
   * @returns the request, whose own signal is aborted when it is lost. Pass it to `end` when it has ended
   */
  watch({ texts, expectedMs = 0, resends }: RequestFacts, signal: AbortSignal): WatchedRequest {
    const { patienceMs, confirmAfterMs } = this.#options.limits;
    const sentAt = performance.now();
    // Texts that were sent before may be slow ones, which must be answered at last.
    const factor = 2 ** resends * this.#history.patienceFactor(sentAt);
    const request = new WatchedRequest(
      {
        texts,
        sentAt,
        patienceMs: Math.max(patienceMs, expectedMs * PATIENCE_FACTOR) * factor,
        confirmAfterMs: Math.max(confirmAfterMs, expectedMs * CONFIRM_FACTOR),
      },
      signal,
    );
    this.#inFlight.add(request);
    this.#plan();
    return request;
  }

  /** @param succeeded whether the server embedded the texts */
  end(request: WatchedRequest, succeeded: boolean): void {
    request.unfollow();
    this.#inFlight.delete(request);
    if (succeeded) this.#answered(request.sentAt);
    const now = performance.now();
    if (![...this.#inFlight].some((other) => other.isOverdue(now))) this.#endChecks();
    this.#plan();
  }

  /** Ends checks and timers. Requests in flight are not cancelled. */
  stop(): void {
    this.#stopped = true;
    this.#endChecks();
    this.#plan();
  }

  /** Sets the timer for the next check. */
  #plan(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const at = this.#dueAt();
    if (at === Infinity || this.#stopped) return;
    this.#timer = setTimeout(
      () => {
        // A timer may fire early, and requests may have been cancelled.
        if (performance.now() >= this.#dueAt()) void this.#check();
        this.#plan();
      },
      Math.min(Math.max(0, at - performance.now()), MAX_TIMER_MS),
    );
  }

  #dueAt(): number {
    return Math.max(this.#nextCheckAt, Math.min(...[...this.#inFlight].map(({ checkAt }) => checkAt)));
  }

  /** Checks the server. Never rejects. */
  async #check(): Promise<void> {
    const { check, limits } = this.#options;
    const { signal } = this.#checking;
    const sentAt = performance.now();
    const intervals = limits.checkIntervalsMs;
    this.#nextCheckAt = sentAt + (intervals[Math.min(this.#unanswered, intervals.length - 1)] ?? 0);
    this.#unanswered += 1;
    this.#checksInFlight += 1;
    try {
      await check(signal);
    } catch {
      return; // proves nothing: the next check comes at its time
    } finally {
      this.#checksInFlight -= 1;
    }
    if (signal.aborted) return;
    this.#unanswered = 0;
    this.#nextCheckAt = 0;
    this.#answered(sentAt);
    this.#plan();
  }

  /** @param sentAt when the request was sent that was answered */
  #answered(sentAt: number): void {
    const now = performance.now();
    for (const request of this.#inFlight) {
      if (request.isLostAfterAnswer(sentAt, now)) this.#lose(request, now);
    }
  }

  #lose(request: WatchedRequest, now: number): void {
    const { events, log } = this.#options;
    const { texts, sentAt } = request;
    request.lose();
    this.#history.add(sentAt, now);
    const seconds = Math.round((now - sentAt) / 100) / 10;
    log.warn('a request was lost with its connection; sending its texts again', { seconds, texts });
    events.emit('lost-request', { seconds, texts });
  }

  #endChecks(): void {
    if (this.#unanswered === 0 && this.#checksInFlight === 0) return;
    this.#checking.abort();
    this.#checking = new AbortController();
    this.#unanswered = 0;
    this.#nextCheckAt = 0;
  }
}
