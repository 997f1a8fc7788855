import { performance } from 'node:perf_hooks';
import { holdReason } from './hold-reason.js';
import { mayBeSchemaChange, reactionTo } from './sqlstate.js';
import { errorCode, type WorkerError } from '../base/errors.js';
import type { Events } from '../telemetry/events.js';
import { abortable } from '../base/abortable.js';
import type { Logger } from '../telemetry/logger.js';
import { sleep } from '../base/sleep.js';

/**
 * Holds all work while the database is unusable: a privilege is missing, a column was renamed, the disk is full, a table is
 * locked.
 *
 *     open ──explains(error)──▶ held: check at once, then with growing pauses ──a check succeeds──▶ open
 *
 * Meanwhile no failure counts against a block. The gate does the same for the model's server. A lost connection needs no
 * hold, because each statement waits for a new connection anyway.
 */

/** The pause between two checks is a quarter of the outage so far, within these bounds: work resumes within 5 s. */
const MIN_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2_000;
const PAUSE_SHARE = 1 / 4;
/** The same failure within this time after a successful check belongs to the same outage. */
const SAME_OUTAGE_MS = 10_000;

/** PostgreSQL, appendix A: lock_not_available, which lock_timeout raises. */
const LOCK_TIMEOUT = '55P03';

export interface HoldOptions {
  /** Tries what the worker does, without a lasting effect. Rejects with what is wrong. */
  readonly check: () => Promise<void>;
  /** Whether the tables have changed since the worker read them. */
  readonly schemaChanged: () => Promise<boolean>;
  readonly events: Events;
  readonly log: Logger;
}

export class Hold {
  readonly #options: HoldOptions;
  readonly #stopping = new AbortController();
  /** Resolves when the hold ends; undefined while work is not held. */
  #held: Promise<void> | undefined;
  #reason: WorkerError | undefined;
  /** Start of the current or last outage. */
  #since = 0;
  #openedAt = Number.NEGATIVE_INFINITY;
  /** The error code that started the last hold. */
  #code: string | undefined;
  /** The code of the reason that was logged last. */
  #logged: string | undefined;

  constructor(options: HoldOptions) {
    this.#options = options;
  }

  /** Why work is held, with the fix; undefined while it is not held. */
  get reason(): WorkerError | undefined {
    return this.#reason;
  }

  /** Whether work is held. */
  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /**
   * Whether no single block can have caused a failure. If so, work is held from now on and must run again once `whenOpen`
   * resolves. A failure right after a successful check may be the block's own after all.
   */
  async explains(error: unknown): Promise<boolean> {
    const isHold =
      reactionTo(error) === 'hold'
        ? this.isHeld || !this.#isSameOutage(error) || (await this.#isUnusable())
        : mayBeSchemaChange(error) && (await this.#hasChanged());
    if (isHold) this.report(error);
    return isHold;
  }

  /**
   * The same for a statement that reads many blocks and locks no rows: if it waited for a lock, the whole table is
   * locked.
   */
  async explainsForAll(error: unknown): Promise<boolean> {
    if (errorCode(error) !== LOCK_TIMEOUT) return await this.explains(error);
    this.report(error);
    return true;
  }

  /** Holds all work because of this failure. */
  report(error: unknown): void {
    if (this.isHeld || this.#stopping.signal.aborted) return;
    const isSame = this.#isSameOutage(error);
    if (!isSame) {
      this.#since = performance.now();
      this.#logged = undefined;
    }
    this.#code = errorCode(error);
    this.#held = this.#untilUsable(error, isSame).finally(() => {
      this.#held = undefined;
      this.#openedAt = performance.now();
      this.#setReason(undefined);
    });
  }

  /**
   * Waits until work is not held.
   *
   * @throws the signal's reason when it is aborted first
   */
  async whenOpen(signal: AbortSignal): Promise<void> {
    while (this.#held !== undefined) await abortable(this.#held, signal);
  }

  /** Stops checking. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#held;
  }

  /** @param isSame whether the work failed although the last check succeeded: then it pauses before it checks again */
  async #untilUsable(first: unknown, isSame: boolean): Promise<void> {
    const { check, log } = this.#options;
    const { signal } = this.#stopping;
    let error = first;
    for (let checks = isSame ? 1 : 0; !signal.aborted; checks++) {
      if (checks > 0) await sleep(this.#pauseMs(), signal);
      if (signal.aborted) return;
      try {
        await check();
        break;
      } catch (failure) {
        // Losing the connection says nothing about why work is held.
        if (reactionTo(failure) !== 'retry') error = failure;
        this.#setReason(holdReason(error));
      }
    }
    if (this.#logged === undefined || isSame || signal.aborted) return;
    log.info('the database recovered; resuming', {
      seconds: Math.round((performance.now() - this.#since) / 100) / 10,
    });
  }

  /** Whether a check fails. */
  async #isUnusable(): Promise<boolean> {
    return await this.#options.check().then(
      () => false,
      () => true,
    );
  }

  /** Whether the tables have changed. True, too, when they cannot be read: the check then reports why. */
  async #hasChanged(): Promise<boolean> {
    return await this.#options.schemaChanged().catch(() => true);
  }

  #isSameOutage(error: unknown): boolean {
    return performance.now() - this.#openedAt < SAME_OUTAGE_MS && errorCode(error) === this.#code;
  }

  #pauseMs(): number {
    const outageMs = performance.now() - this.#since;
    return Math.min(MAX_PAUSE_MS, Math.max(MIN_PAUSE_MS, outageMs * PAUSE_SHARE)) * (0.75 + Math.random() / 4);
  }

  #setReason(reason: WorkerError | undefined): void {
    const changed = reason?.code !== this.#reason?.code;
    this.#reason = reason;
    if (changed) this.#options.events.emit('hold', { reason: reason?.code ?? null });
    if (reason === undefined || this.#logged === reason.code) return;
    this.#logged = reason.code;
    this.#options.log.warn('the database cannot be used; paused until it can', { error: reason });
  }
}
