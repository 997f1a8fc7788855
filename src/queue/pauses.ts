import type { PgBoss } from 'pg-boss';
import type { Database, Queryable } from '../postgres/database.js';
import { ensurePauseQueue, FOREVER_SECONDS } from './ensure-queues.js';
import { pauseOf, type PausablePart, type Pause, type PauseRecord } from './pause.js';
import type { QueueNames } from './queue-names.js';
import { findPauseRecords, type FoundPauseRecord } from './sql/find-pause-records.js';
import { lockPause } from './sql/lock-pause.js';

/** pg-boss counts a record's retention from the start of the transaction, which may have waited for its turn. */
const SPARE_SECONDS = 60;

/** The pause that is in force; null if there is none. pg-boss's tables must exist, the queue of the record need not. */
export async function readPause(db: Queryable, names: QueueNames): Promise<Pause | null> {
  return newestOf(await findPauseRecords(db, names));
}

/**
 * Starts and ends pauses. The record of a pause is a waiting job in a queue of its own, which nobody works on: so it is in
 * pg-boss's schema, belongs to one queue of ours, and survives restarts of everything.
 */
export class Pauses {
  readonly #boss: PgBoss;
  readonly #database: Database;
  readonly #names: QueueNames;

  constructor(boss: PgBoss, database: Database, names: QueueNames) {
    this.#boss = boss;
    this.#database = database;
    this.#names = names;
  }

  /**
   * Pauses parts of the work, in place of what was paused before.
   *
   * @param seconds until it ends by itself; null for no end
   * @returns the new pause, and the one that it replaced
   * @throws ConfigurationError if the role may not create the queue of the record
   */
  async start(
    parts: readonly PausablePart[],
    seconds: number | null,
    signal: AbortSignal,
  ): Promise<{ pause: Pause; replaced: Pause | null }> {
    await ensurePauseQueue(this.#boss, this.#names, signal);
    return await this.#database.transaction(async (tx) => {
      const now = await lockPause(tx, this.#names);
      const replaced = await this.#delete(tx);
      const since = new Date(now);
      const until = seconds === null ? null : new Date(now + seconds * 1000);
      const data: PauseRecord = { parts, since: since.toISOString(), until: until?.toISOString() ?? null };
      // pg-boss deletes it some time after it is over.
      const retentionSeconds = seconds === null ? FOREVER_SECONDS : Math.ceil(seconds) + SPARE_SECONDS;
      await this.#boss.insert(this.#names.pause, [{ data, retentionSeconds }], { db: tx });
      return { pause: { parts, since, until }, replaced };
    });
  }

  /** Ends the pause. @returns the pause that it ended; null if nothing was paused */
  async end(): Promise<Pause | null> {
    return await this.#database.transaction(async (tx) => {
      await lockPause(tx, this.#names);
      return await this.#delete(tx);
    });
  }

  async #delete(tx: Queryable): Promise<Pause | null> {
    const records = await findPauseRecords(tx, this.#names);
    const ids = records.map(({ jobId }) => jobId);
    if (ids.length > 0) await this.#boss.deleteJob(this.#names.pause, ids, { db: tx });
    return newestOf(records);
  }
}

function newestOf(records: readonly FoundPauseRecord[]): Pause | null {
  for (const { data, now } of records.toReversed()) {
    const pause = pauseOf(data, now);
    if (pause !== null) return pause;
  }
  return null;
}
