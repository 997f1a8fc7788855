import { errorCode } from '../base/errors.js';
import type { Events } from '../telemetry/events.js';
import { LogLimit } from '../telemetry/log-limit.js';
import type { Logger } from '../telemetry/logger.js';
import { sleep } from '../base/sleep.js';
import type { Database, Session } from '../postgres/database.js';
import { isQueryTimeout } from '../postgres/sqlstate.js';

/**
 * One replica at a time leads: it alone listens and sweeps.
 *
 *     connecting ──▶ following ──▶ leading
 *         ▲              │            │
 *         └── the session is lost ────┘
 *
 * Leadership is an advisory lock held by one session, so the server itself frees it when that session ends. A leader
 * that is frozen, or whose connection is half-open, would hold it for ever; hence the server ends the session when it
 * has heard nothing for IDLE_TIMEOUT, and the leader speaks every PULSE. Followers try and never wait in
 * `pg_advisory_lock`: a waiting statement would hold back VACUUM.
 *
 * It is safe for two to believe that they lead, for as long as one of them has not yet noticed: enqueueing is
 * idempotent by the queue's exclusive key. There is one so that work is not done twice, not because it would be wrong.
 */
const HEARTBEAT_MS = 5_000;
const IDLE_TIMEOUT_SECONDS = 15;
const TRY_MS = 2_000;
/** Between two log lines about the same refusal. */
const COMPLAIN_EVERY_MS = 60_000;
/**
 * A leader whose session fell silent lets the others go first, by more than their longest pause between two tries: what
 * has cut off its session has most likely cut off its pool as well, and it would lead without being able to enqueue.
 */
const YIELD_MS = 1.5 * TRY_MS;
const RECONNECT_MIN_MS = 100;
const RECONNECT_MAX_MS = 5_000;

export interface LeadershipOptions {
  readonly database: Database;
  /** What is led: replicas that share it have one leader. */
  readonly lockName: string;
  /** The session's application_name, by role; asked again by `rename()`. */
  readonly applicationName: (role: 'leader' | 'follower') => string;
  /** Called with each session once it is open, whether it comes to lead or not. */
  readonly onConnected: (session: Session) => Promise<void>;
  /** Called with the session once it leads; what it needs of the session ends with it. */
  readonly onAcquired: (session: Session) => Promise<void>;
  /** Called every PULSE while it leads. */
  readonly onHeartbeat: (session: Session) => Promise<void>;
  /** Called when it leads no longer; the session may be gone. */
  readonly onLost: () => Promise<void>;
  /** Called when the session is closed, or lost; after `onLost`. */
  readonly onDisconnected: () => void;
  readonly events: Events;
  readonly log: Logger;
}

export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #leading = false;
  #current: Session | undefined;
  #saidWithoutTimeout = false;
  #complaint = new LogLimit(COMPLAIN_EVERY_MS);
  #complainedOf: string | undefined;

  constructor(options: LeadershipOptions) {
    this.#options = options;
  }

  /** Tells the server the session's name again, after what it says has changed. */
  async rename(): Promise<void> {
    const { applicationName, log } = this.#options;
    await this.#current
      ?.query(`SELECT set_config('application_name', $1, false)`, [
        applicationName(this.#leading ? 'leader' : 'follower'),
      ])
      .catch((error: unknown) => {
        log.debug('could not rename the listening session', { error }); // it is being lost, and named anew after
      });
  }

  start(): Promise<void> {
    this.#running = this.#run();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      const ended = await this.#session();
      failures = ended === 'unusable' ? failures + 1 : 0;
      if (ended === 'silent') await sleep(YIELD_MS, signal);
      if (signal.aborted) return;
      const delayMs = Math.min(RECONNECT_MAX_MS, RECONNECT_MIN_MS * 2 ** failures);
      await sleep(delayMs * (0.5 + Math.random() / 2), signal);
    }
  }

  /** One session from its opening to its loss; `unusable` until it has led, or has been refused the lock. */
  async #session(): Promise<'unusable' | 'silent' | 'lost'> {
    let ended: 'unusable' | 'silent' | 'lost' = 'unusable';
    const used = () => (ended = 'lost');
    const { database, applicationName, onConnected, onDisconnected, log } = this.#options;
    let session: Session;
    try {
      session = await database.connect({
        applicationName: applicationName('follower'),
        idleTimeoutSeconds: IDLE_TIMEOUT_SECONDS,
      });
    } catch (error) {
      if (errorCode(error) !== this.#complainedOf) this.#complaint = new LogLimit(COMPLAIN_EVERY_MS);
      this.#complainedOf = errorCode(error);
      this.#complaint.run(() => {
        log.warn('cannot open the listening session; retrying', { error });
      });
      return 'unusable';
    }
    this.#current = session;
    if (session.idleTimeoutRefusal !== undefined && !this.#saidWithoutTimeout) {
      this.#saidWithoutTimeout = true;
      log.warn('the database does not end idle sessions; a leader that freezes or is cut off keeps the lease', {
        error: session.idleTimeoutRefusal,
        fix: 'let PALDOCS_LISTEN_DATABASE_URL reach PostgreSQL 14 or newer, or set tcp_keepalives_idle at the server',
      });
    }
    // One signal a session: every race with the promise itself would leave a reaction on it, 343 bytes a pause.
    const lost = new AbortController();
    void session.lost.then((error) => {
      lost.abort(error);
    });
    try {
      await this.rename(); // what it says may have changed while it was being opened
      await onConnected(session);
      await this.#follow(session, lost.signal, used);
      if (!this.#stopping.signal.aborted) await this.#lead(session, lost.signal, used);
    } catch (error) {
      if (isTimeout(error)) ended = 'silent';
      if (!this.#stopping.signal.aborted) log.warn('lost the listening session; reconnecting', { error });
    } finally {
      this.#current = undefined;
      onDisconnected();
      await session.close().catch((error: unknown) => {
        log.debug('the lost session did not close cleanly', { error });
      });
    }
    return ended;
  }

  /** Tries until it has the lock or is stopped. */
  async #follow(session: Session, lost: AbortSignal, used: () => void): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const [row] = await session.query<{ elected: boolean }>(
        'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS elected',
        [this.#options.lockName],
      );
      if (row?.elected === true) return;
      used();
      await this.#pauseUnlessLost(lost, TRY_MS * (0.75 + Math.random() / 2));
    }
  }

  async #lead(session: Session, lost: AbortSignal, used: () => void): Promise<void> {
    const { onAcquired, onHeartbeat, onLost, events, log } = this.#options;
    this.#leading = true;
    await this.rename();
    events.emit('leading', { leader: true });
    log.info('elected leader; this replica runs the bridge and the sweep');
    try {
      await onAcquired(session);
      used();
      while (!this.#stopping.signal.aborted) {
        await this.#pauseUnlessLost(lost, HEARTBEAT_MS);
        if (!this.#stopping.signal.aborted) await onHeartbeat(session);
      }
    } finally {
      this.#leading = false;
      await onLost();
      events.emit('leading', { leader: false });
    }
  }

  /** @throws what ended the session */
  async #pauseUnlessLost(lost: AbortSignal, ms: number): Promise<void> {
    await sleep(ms, AbortSignal.any([this.#stopping.signal, lost]));
    if (lost.aborted) throw lost.reason as Error;
  }
}

/** Nothing came back in time, or the server ended the session because it heard nothing (57P05, idle_session_timeout). */
function isTimeout(error: unknown): boolean {
  return isQueryTimeout(error) || errorCode(error) === '57P05';
}
