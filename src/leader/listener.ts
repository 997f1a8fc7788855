import { randomBytes } from 'node:crypto';
import { Mutex } from 'async-mutex';
import type { Events } from '../telemetry/events.js';
import type { Logger } from '../telemetry/logger.js';
import { sleep } from '../base/sleep.js';
import type { Notification, Queryable, Session } from '../postgres/database.js';
import { isRejectedByServer } from '../postgres/sqlstate.js';

/** Between two self-tests, after one that succeeded and after one that failed. */
const SELF_TEST_INTERVAL_MS = 60_000;
const RETRY_INTERVAL_MS = 5_000;
/** Far more than a notification takes. */
const SELF_TEST_TIMEOUT_MS = 5_000;
/**
 * PgBouncer in transaction mode passes on notifications that arrive during a statement. So the self-test needs an idle
 * session, which a new one is not; and after a failure, one success is confirmed by a second.
 */
const SETTLE_MS = 1_000;

export interface ListenerOptions {
  /** Sends the self-test over another connection. */
  readonly database: Queryable;
  /** Called when notifications stop arriving, and when they arrive again. */
  readonly onChange: () => void;
  readonly events: Events;
  readonly log: Logger;
}

type Receive = (notification: Notification) => void;

/** One session that we listen on. */
interface Listening {
  readonly session: Session;
  /** Channels to listen on that LISTEN has not succeeded for yet. */
  readonly wanted: Map<string, Receive>;
  readonly closing: AbortController;
  /** One LISTEN at a time: two would both take the same channel. */
  readonly mutex: Mutex;
}

/**
 * Listens for notifications, and tests itself. LISTEN can be refused, by databases without it; or it succeeds and nothing
 * arrives, through a pooler in transaction mode or on another database than the one that is written to. So the listener
 * sends itself a notification now and then.
 *
 * It outlives its sessions, of which there is one at a time: a failure that lasts is logged once, not once per session.
 */
export class Listener {
  readonly #options: ListenerOptions;
  /** A channel that no other process knows. */
  readonly #channel = `embedding_worker_self_test_${randomBytes(8).toString('hex')}`;
  #listening: Listening | undefined;
  #notificationsDown = false;
  #isUp = false;
  #received = Promise.withResolvers<boolean>();

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** Whether the last self-test failed. */
  get notificationsDown(): boolean {
    return this.#notificationsDown;
  }

  /**
   * Listens on a new session.
   *
   * @throws the driver's error when the session is lost
   */
  async open(session: Session): Promise<void> {
    const listening = {
      session,
      wanted: new Map([[this.#channel, this.#onSelfTest]]),
      closing: new AbortController(),
      mutex: new Mutex(),
    };
    this.#listening = listening;
    // After a failed self-test, report up only once one succeeds; otherwise assume that notifications arrive.
    if ((await this.#listen(listening)) && !this.#notificationsDown) this.#setUp(true);
    void this.#watch(listening);
  }

  /**
   * Listens on a channel, now or as soon as the server allows it.
   *
   * @throws the driver's error when the session is lost
   */
  async listen(channel: string, receive: Receive): Promise<void> {
    if (this.#listening === undefined) throw new Error(`there is no session to listen on ${channel}`);
    this.#listening.wanted.set(channel, receive);
    await this.#listen(this.#listening);
  }

  /** The session is closed or lost. Does not wait: a lost session or pool may never answer. */
  close(): void {
    this.#listening?.closing.abort();
    this.#listening = undefined;
    this.#setUp(false);
  }

  async #watch(listening: Listening): Promise<void> {
    const { signal } = listening.closing;
    await sleep(SETTLE_MS, signal);
    while (!signal.aborted) {
      try {
        if (await this.#listen(listening)) {
          let received = await this.#receivesSelfTest(signal);
          if (received && this.#notificationsDown) {
            await sleep(SETTLE_MS, signal);
            received = await this.#receivesSelfTest(signal);
          }
          if (!signal.aborted) this.#setNotificationsDown(!received);
        }
      } catch (error) {
        // Says nothing about notifications. The lease notices a lost session, and every part a failing pool.
        this.#options.log.debug('listener self-test could not run', { error });
      }
      await sleep(this.#notificationsDown ? RETRY_INTERVAL_MS : SELF_TEST_INTERVAL_MS, signal);
    }
  }

  /** @returns whether it listens on all channels */
  #listen({ session, wanted, closing, mutex }: Listening): Promise<boolean> {
    return mutex.runExclusive(async () => {
      for (const [channel, receive] of [...wanted]) {
        try {
          await session.listen(channel, receive);
          wanted.delete(channel);
        } catch (error) {
          if (!isRejectedByServer(error)) throw error;
          if (!closing.signal.aborted) this.#setNotificationsDown(true, error);
          return false;
        }
      }
      return true;
    });
  }

  async #receivesSelfTest(signal: AbortSignal): Promise<boolean> {
    this.#received = Promise.withResolvers();
    await this.#options.database.query(`SELECT pg_notify($1, '')`, [this.#channel]);
    const waited = new AbortController();
    const late = sleep(SELF_TEST_TIMEOUT_MS, AbortSignal.any([signal, waited.signal])).then(() => false);
    try {
      return await Promise.race([this.#received.promise, late]);
    } finally {
      waited.abort();
    }
  }

  readonly #onSelfTest = (): void => {
    this.#received.resolve(true);
  };

  #setNotificationsDown(down: boolean, error?: unknown): void {
    const { onChange, log } = this.#options;
    const changed = down !== this.#notificationsDown;
    this.#notificationsDown = down;
    this.#setUp(!down);
    if (!changed) return;
    if (down) {
      log.warn('NOTIFY does not arrive; edits wait for the next sweep', {
        ...(error === undefined ? { found: 'LISTEN succeeds, but nothing arrives' } : { error }),
        fix: 'point PALDOCS_LISTEN_DATABASE_URL at the primary of the same database, not at a pooler in transaction mode',
      });
    } else {
      log.info('NOTIFY arrives again');
    }
    onChange();
  }

  #setUp(up: boolean): void {
    if (up === this.#isUp) return;
    this.#isUp = up;
    this.#options.events.emit('listening', { up });
  }
}
