import type { Blocks } from '../blocks/blocks.js';
import type { Database, Notification } from '../postgres/database.js';
import type { Hold } from '../postgres/hold.js';
import type { Events } from '../telemetry/events.js';
import { LogLimit } from '../telemetry/log-limit.js';
import type { Logger } from '../telemetry/logger.js';
import { sleep } from '../base/sleep.js';
import { MAX_WAITING_EDITS } from '../queue/capacity.js';
import { EDITS_PER_INSERT, type Edits } from './edits.js';
import { Inbox } from './inbox.js';
import { readNotification } from './notification.js';
import { retryForLeader } from './retry-for-leader.js';

/** How often it is asked, after a flood, whether it is over. */
const CALM_POLL_MS = 1_000;
const ALARM_EVERY_MS = 60_000;
const REMARK_EVERY_MS = 3_600_000;

export interface BridgeOptions {
  readonly database: Database;
  readonly blocks: Blocks;
  readonly edits: Edits;
  readonly hold: Hold;
  /** Asks for a look at what is pending: a notification names no block. */
  readonly requestScan: () => void;
  /** Asks for a sweep soon: there is more than was notified one by one. */
  readonly requestSweep: () => void;
  readonly events: Events;
  readonly log: Logger;
}

/**
 * Turns notifications into jobs. The first goes at once; what arrives while an insert is under way is gathered and goes
 * in batches after it, so that a lone edit waits for nothing and a thousand cost a few statements.
 *
 * In a flood, with 50,000 gathered or waiting in the queue, it gathers no more and leaves the rest to the sweep: an import
 * of a million rows costs neither memory nor a million live jobs. Losing a notification loses no edit: the block is
 * pending, and the sweep finds it.
 */
export class Bridge {
  readonly #options: BridgeOptions;
  readonly #stopping = new AbortController();
  readonly #inbox = new Inbox(MAX_WAITING_EDITS);
  readonly #loopAlarm = new LogLimit(ALARM_EVERY_MS);
  readonly #failureAlarm = new LogLimit(ALARM_EVERY_MS);
  readonly #unknownRemark = new LogLimit(REMARK_EVERY_MS);
  readonly #floodRemark = new LogLimit(ALARM_EVERY_MS);
  #flooded = false;
  #inserting: Promise<void> | undefined;

  constructor(options: BridgeOptions) {
    this.#options = options;
  }

  /** Takes one notification. */
  readonly receive = ({ payload, processId }: Notification): void => {
    const { database, blocks, requestScan, requestSweep, log } = this.#options;
    if (database.ownsBackend(processId)) {
      this.#alarm(processId);
      return;
    }
    if (this.#flooded) {
      // Each time: a sweep that is under way may have passed this block. None while edits are being inserted, which it would
      // take for backlog.
      if (this.#inbox.size === 0) requestSweep();
      return;
    }
    const ids = readNotification(payload, blocks.table.idType);
    if (ids.length === 0) {
      if (payload !== '') {
        this.#unknownRemark.run(() => {
          log.info('a notification names no block; scanning for pending blocks', {
            payloadBytes: Buffer.byteLength(payload),
          });
        });
      }
      requestScan();
      return;
    }
    if (!this.#inbox.add(payload, ids)) this.#flood();
    this.#inserting ??= this.#insertAll();
  };

  /** Resolves when what was being inserted is; what was gathered is left to the next leader's sweep. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#inserting;
  }

  async #insertAll(): Promise<void> {
    const { edits, requestSweep, log } = this.#options;
    const { signal } = this.#stopping;
    while ((this.#inbox.size > 0 || this.#flooded) && !signal.aborted) {
      const batch = this.#inbox.take(EDITS_PER_INSERT);
      try {
        if (batch.length === 0) {
          requestSweep();
          await this.#untilCalm();
        } else if (await retryForLeader(this.#options, signal, () => edits.hasCapacityFor(batch.length))) {
          await retryForLeader(this.#options, signal, () => this.#insert(batch));
        } else {
          this.#inbox.clear();
          this.#flood();
        }
      } catch (error) {
        if (signal.aborted) break;
        this.#failureAlarm.run(() => {
          log.warn('could not enqueue notified blocks; the next sweep will', {
            error,
            blocks: batch.length + this.#inbox.size,
          });
        });
        this.#inbox.clear(); // whatever it was would hold up each batch for as long
        this.#flooded = false;
        requestSweep();
      }
    }
    this.#inserting = undefined;
  }

  /** @param batch for each notification what may be the block's id */
  async #insert(batch: readonly (readonly string[])[]): Promise<void> {
    const { blocks, edits, requestScan } = this.#options;
    const found = await blocks.notified(batch.flat());
    const known = new Set(found.map(({ given }) => given));
    if (batch.some((ids) => !ids.some((id) => known.has(id)))) requestScan();
    const changed = new Set(found.filter((block) => block.changed).map(({ id }) => id));
    await edits.enqueue([...changed], batch.length);
  }

  #flood(): void {
    const { log } = this.#options;
    this.#flooded = true;
    this.#floodRemark.run(() => {
      log.info('more blocks were notified than are treated as edits; the sweep enqueues the rest', {
        limit: MAX_WAITING_EDITS,
      });
    });
  }

  /** Waits until an import is over; then notifications are gathered again. */
  async #untilCalm(): Promise<void> {
    const { edits } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      if (await retryForLeader(this.#options, signal, () => edits.isCalm())) {
        this.#flooded = false;
        return;
      }
      await sleep(CALM_POLL_MS, signal);
    }
  }

  /** Our connections never notify. That one did means that the API's trigger fires on our own write. */
  #alarm(processId: number): void {
    const { events, log } = this.#options;
    events.emit('loop', { processId });
    this.#loopAlarm.run(() => {
      log.error(
        "the worker's own write fired the trigger on the blocks table; restrict the trigger to the columns of the text",
        {
          processId,
        },
      );
    });
  }
}
