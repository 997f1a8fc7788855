import { errorCode } from '../base/errors.js';
import type { Events } from '../telemetry/events.js';
import { LogLimit } from '../telemetry/log-limit.js';
import type { Logger } from '../telemetry/logger.js';
import { sleep } from '../base/sleep.js';
import type { Database, Session } from '../postgres/database.js';
import { isQueryTimeout } from '../postgres/sqlstate.js';

/*
 * One replica at a time is the leader: it alone runs the bridge and the sweep.
 *
 *     connecting ──▶ following ──▶ leading
 *         ▲              │            │
 *         └── the session is lost ────┘
 *
 * The lease is an advisory lock held by one session, so the server releases it when that session ends. A leader that is
 * frozen, or whose connection is half-open, would keep it for ever: so the server ends the session after IDLE_TIMEOUT
 * without a statement, and the leader sends one every HEARTBEAT. Followers try the lock and never wait for it in
 * `pg_advisory_lock`: a waiting statement would hold back VACUUM.
 *
 * Two replicas may both believe that they lead until one of them notices. That is safe: enqueuing is idempotent by the
 * queue's exclusive key. The lease avoids double work; correctness does not depend on it.
 */

/** How often the leader proves that its session is alive. */
const HEARTBEAT_MS = 5_000;
const IDLE_TIMEOUT_SECONDS = 15;
/** How often a follower tries to get the lease. */
const TRY_INTERVAL_MS = 2_000;
/** Between two log lines about the same refusal. */
const LOG_INTERVAL_MS = 60_000;
/**
 * A leader whose session timed out waits longer than the others' longest pause between two tries: whatever cut off its
 * session has probably cut off its pool, too, and it would lead without being able to enqueue.
 */
const YIELD_MS = 1.5 * TRY_INTERVAL_MS;
const RECONNECT_MIN_MS = 100;
const RECONNECT_MAX_MS = 5_000;

export interface LeaseOptions {
  readonly database: Database;
  /** Replicas with the same name share one leader. */
  readonly lockName: string;
  /** The session's application_name; read again by `rename()`. */
  readonly applicationName: (role: 'leader' | 'follower') => string;
  /** Called with each session once it is open, before it is a leader or a follower. */
  readonly onConnected: (session: Session) => Promise<void>;
  /** Called with the session once it holds the lease. */
  readonly onAcquired: (session: Session) => Promise<void>;
  /** An SQL comment that the leader appends to its statements, for others to read in pg_stat_activity. */
  readonly leaderComment: () => string;
  /** Called when the lease is lost or given up; the session may be gone. */
  readonly onLost: () => Promise<void>;
  /** Called when the session is closed or lost, after `onLost`. */
  readonly onDisconnected: () => void;
  readonly events: Events;
  readonly log: Logger;
}

/** Keeps one session open, and the lease with it whenever it can be had. */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #leading = false;
  #current: Session | undefined;
  #warnedNoIdleTimeout = false;
  #connectLog = new LogLimit(LOG_INTERVAL_MS);
  /** The code of the last failure to connect. */
  #connectFailure: string | undefined;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** Updates the session's application_name after the state that it shows has changed. */
  async rename(): Promise<void> {
    const { applicationName, leaderComment, log } = this.#options;
    const comment = this.#leading ? leaderComment() : '';
    await this.#current
      ?.query(`SELECT set_config('application_name', $1, false)${comment}`, [
        applicationName(this.#leading ? 'leader' : 'follower'),
      ])
      .catch((error: unknown) => {
        log.debug('could not rename the listening session', { error }); // it is being lost; the next one gets a new name
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
      if (ended === 'timed-out') await sleep(YIELD_MS, signal);
      if (signal.aborted) return;
      const delayMs = Math.min(RECONNECT_MAX_MS, RECONNECT_MIN_MS * 2 ** failures);
      await sleep(delayMs * (0.5 + Math.random() / 2), signal);
    }
  }

  /** One session from opening to loss. `unusable`: it never came as far as leading or following. */
  async #session(): Promise<'unusable' | 'timed-out' | 'lost'> {
    let ended: 'unusable' | 'timed-out' | 'lost' = 'unusable';
    const used = () => (ended = 'lost');
    const { database, applicationName, onConnected, onDisconnected, log } = this.#options;
    let session: Session;
    try {
      session = await database.connect({
        applicationName: applicationName('follower'),
        idleTimeoutSeconds: IDLE_TIMEOUT_SECONDS,
      });
    } catch (error) {
      if (errorCode(error) !== this.#connectFailure) this.#connectLog = new LogLimit(LOG_INTERVAL_MS);
      this.#connectFailure = errorCode(error);
      this.#connectLog.run(() => {
        log.warn('cannot open the listening session; retrying', { error });
      });
      return 'unusable';
    }
    this.#current = session;
    if (session.idleTimeoutRefusal !== undefined && !this.#warnedNoIdleTimeout) {
      this.#warnedNoIdleTimeout = true;
      log.warn('the database does not end idle sessions; a leader that freezes or is cut off keeps the lease', {
        error: session.idleTimeoutRefusal,
        fix: 'let PALDOCS_LISTEN_DATABASE_URL reach PostgreSQL 14 or newer, or set tcp_keepalives_idle at the server',
      });
    }
    // One signal per session: racing with the promise at each pause would leave a reaction on it, 343 bytes each.
    const lost = new AbortController();
    void session.lost.then((error) => {
      lost.abort(error);
    });
    try {
      await this.rename(); // its state may have changed while it was being opened
      await onConnected(session);
      await this.#follow(session, lost.signal, used);
      if (!this.#stopping.signal.aborted) await this.#lead(session, lost.signal, used);
    } catch (error) {
      if (isTimeout(error)) ended = 'timed-out';
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

  /** Tries until it has the lease or is stopped. */
  async #follow(session: Session, lost: AbortSignal, used: () => void): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const [row] = await session.query<{ elected: boolean }>(
        'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS elected',
        [this.#options.lockName],
      );
      if (row?.elected === true) return;
      used();
      await this.#pauseUnlessLost(lost, TRY_INTERVAL_MS * (0.75 + Math.random() / 2));
    }
  }

  async #lead(session: Session, lost: AbortSignal, used: () => void): Promise<void> {
    const { onAcquired, onLost, leaderComment, events, log } = this.#options;
    this.#leading = true;
    await this.rename();
    events.emit('leading', { leader: true });
    log.info('elected leader; this replica runs the bridge and the sweep');
    try {
      await onAcquired(session);
      used();
      while (!this.#stopping.signal.aborted) {
        await this.#pauseUnlessLost(lost, HEARTBEAT_MS);
        if (this.#stopping.signal.aborted) break;
        await session.query(`SELECT 1${leaderComment()}`); // proves that the session is alive, and waits for no lock
      }
    } finally {
      this.#leading = false;
      await onLost();
      events.emit('leading', { leader: false });
    }
  }

  /** @throws the error that ended the session */
  async #pauseUnlessLost(lost: AbortSignal, ms: number): Promise<void> {
    await sleep(ms, AbortSignal.any([this.#stopping.signal, lost]));
    if (lost.aborted) throw lost.reason as Error;
  }
}

/** No answer in time, or the server ended the session because it was idle (57P05, idle_session_timeout). */
function isTimeout(error: unknown): boolean {
  return isQueryTimeout(error) || errorCode(error) === '57P05';
}
