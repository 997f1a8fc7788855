import { randomBytes } from 'node:crypto';
import { Mutex } from 'async-mutex';
import type { Events } from '../telemetry/events.js';
import type { Logger } from '../telemetry/logger.js';
import { sleep } from '../base/sleep.js';
import type { Notification, Queryable, Session } from '../postgres/database.js';
import { isRejectedByServer } from '../postgres/sqlstate.js';

/** Who hears proves it so often, and who does not tries again so often. */
const PROVE_EVERY_MS = 60_000;
const TRY_EVERY_MS = 5_000;
/** Far more than a notification takes. */
const ECHO_TIMEOUT_MS = 5_000;
/**
 * PgBouncer in transaction mode does pass on what arrives while a statement is under way: a proof has to be made while
 * the session is at rest, which it is not when it was just opened, and a lucky one is made once more.
 */
const REST_MS = 1_000;

export interface EarOptions {
  /** Sends what the session must hear, over another connection. */
  readonly database: Queryable;
  /** Called when it has become deaf or hears again. */
  readonly onChange: () => void;
  readonly events: Events;
  readonly log: Logger;
}

type Receive = (notification: Notification) => void;

/** One session, while it is listened on. */
interface Listening {
  readonly session: Session;
  /** Channels that it does not listen on yet. */
  readonly wanted: Map<string, Receive>;
  readonly closing: AbortController;
  /** One at a time, or a channel would be listened on twice. */
  readonly turns: Mutex;
}

/**
 * Listens, and knows whether it hears. LISTEN can be refused, by databases that have none; or be taken and nothing be
 * heard, behind a pooler in transaction mode, or on another database than the one that is written to. Hence it sends
 * itself a notification now and then.
 *
 * It outlives its sessions, one at a time, and what it said of being deaf is not said again for the next.
 */
export class Listener {
  readonly #options: EarOptions;
  /** A channel that nobody else knows. */
  readonly #channel = `embedding_worker_ear_${randomBytes(8).toString('hex')}`;
  #listening: Listening | undefined;
  #notificationsDown = false;
  #isUp = false;
  #echo = Promise.withResolvers<boolean>();

  constructor(options: EarOptions) {
    this.#options = options;
  }

  /** Whether notifications do not arrive, as far as is known. */
  get notificationsDown(): boolean {
    return this.#notificationsDown;
  }

  /** @throws the driver's error where the session is lost */
  async open(session: Session): Promise<void> {
    const listening = {
      session,
      wanted: new Map([[this.#channel, this.#hear]]),
      closing: new AbortController(),
      turns: new Mutex(),
    };
    this.#listening = listening;
    // Who was deaf must hear first; anybody else hears until proved otherwise.
    if ((await this.#listen(listening)) && !this.#notificationsDown) this.#tell(true);
    void this.#watch(listening);
  }

  /**
   * Listens on a channel, now or as soon as it is let.
   *
   * @throws the driver's error where the session is lost
   */
  async listen(channel: string, receive: Receive): Promise<void> {
    if (this.#listening === undefined) throw new Error(`there is no session to listen on ${channel}`);
    this.#listening.wanted.set(channel, receive);
    await this.#listen(this.#listening);
  }

  /** The session is no more. Waits for nothing: what is asked of a lost session, or of a lost pool, may never be answered. */
  close(): void {
    this.#listening?.closing.abort();
    this.#listening = undefined;
    this.#tell(false);
  }

  async #watch(listening: Listening): Promise<void> {
    const { signal } = listening.closing;
    await sleep(REST_MS, signal);
    while (!signal.aborted) {
      try {
        if (await this.#listen(listening)) {
          let heard = await this.#hearsItself(signal);
          if (heard && this.#notificationsDown) {
            await sleep(REST_MS, signal);
            heard = await this.#hearsItself(signal);
          }
          if (!signal.aborted) this.#turn(!heard);
        }
      } catch (error) {
        // Nothing is known then. A lost session is noticed by whoever opened it, and a pool that fails by everybody.
        this.#options.log.debug('listener self-test could not run', { error });
      }
      await sleep(this.#notificationsDown ? TRY_EVERY_MS : PROVE_EVERY_MS, signal);
    }
  }

  /** @returns whether it listens on all channels */
  #listen({ session, wanted, closing, turns }: Listening): Promise<boolean> {
    return turns.runExclusive(async () => {
      for (const [channel, receive] of [...wanted]) {
        try {
          await session.listen(channel, receive);
          wanted.delete(channel);
        } catch (error) {
          if (!isRejectedByServer(error)) throw error;
          if (!closing.signal.aborted) this.#turn(true, error);
          return false;
        }
      }
      return true;
    });
  }

  async #hearsItself(signal: AbortSignal): Promise<boolean> {
    this.#echo = Promise.withResolvers();
    await this.#options.database.query(`SELECT pg_notify($1, '')`, [this.#channel]);
    const waited = new AbortController();
    const late = sleep(ECHO_TIMEOUT_MS, AbortSignal.any([signal, waited.signal])).then(() => false);
    try {
      return await Promise.race([this.#echo.promise, late]);
    } finally {
      waited.abort();
    }
  }

  readonly #hear = (): void => {
    this.#echo.resolve(true);
  };

  #turn(deaf: boolean, error?: unknown): void {
    const { onChange, log } = this.#options;
    const changed = deaf !== this.#notificationsDown;
    this.#notificationsDown = deaf;
    this.#tell(!deaf);
    if (!changed) return;
    if (deaf) {
      log.warn('NOTIFY does not arrive; edits wait for the next sweep', {
        ...(error === undefined ? { found: 'LISTEN is taken and nothing arrives' } : { error }),
        fix: 'let PALDOCS_LISTEN_DATABASE_URL reach the primary of the same database itself, and not a pooler in transaction mode',
      });
    } else {
      log.info('NOTIFY arrives again');
    }
    onChange();
  }

  #tell(up: boolean): void {
    if (up === this.#isUp) return;
    this.#isUp = up;
    this.#options.events.emit('listening', { up });
  }
}
