import type { LeaderParts } from './leader-parts.js';
import type { Notification } from '../postgres/database.js';
import { LogLimit } from '../telemetry/log-limit.js';
import { sleep } from '../base/sleep.js';
import { MAX_WAITING_EDITS } from '../queue/capacity.js';
import { EDITS_PER_INSERT, type LiveEdits } from './live-edits.js';
import { Inbox } from './inbox.js';
import { readNotification } from './notification.js';
import { retryForLeader } from './retry-for-leader.js';

/** How often the queue is checked for the end of a flood. */
const FLOOD_POLL_MS = 1_000;
const LOG_INTERVAL_MS = 60_000;
const UNKNOWN_LOG_INTERVAL_MS = 3_600_000;

export interface BridgeOptions extends LeaderParts {
  readonly edits: LiveEdits;
  /** Asks for a scan for pending blocks: a notification names no block. */
  readonly requestScan: () => void;
  /** Asks for a sweep soon: there is more than the bridge takes. */
  readonly requestSweep: () => void;
}

/**
 * Turns notifications into jobs. The first is acted on at once; those that arrive during an insert form the next batch. A
 * single edit waits for nothing, and a thousand cost a few statements.
 *
 * In a flood, with 50,000 notifications in the inbox or live jobs in the queue, it ignores further ones and leaves their
 * blocks to the sweep: an import of a million rows costs neither memory nor a million live jobs. A lost notification loses
 * no edit: the block is pending, and the sweep finds it.
 */
export class Bridge {
  readonly #options: BridgeOptions;
  readonly #stopping = new AbortController();
  readonly #inbox = new Inbox(MAX_WAITING_EDITS);
  readonly #loopLog = new LogLimit(LOG_INTERVAL_MS);
  readonly #failureLog = new LogLimit(LOG_INTERVAL_MS);
  readonly #unknownLog = new LogLimit(UNKNOWN_LOG_INTERVAL_MS);
  readonly #floodLog = new LogLimit(LOG_INTERVAL_MS);
  #flooded = false;
  #inserting: Promise<void> | undefined;

  constructor(options: BridgeOptions) {
    this.#options = options;
  }

  /** Handles one notification. */
  readonly receive = ({ payload, processId }: Notification): void => {
    const { database, blocks, requestScan, requestSweep, log } = this.#options;
    if (database.ownsBackend(processId)) {
      this.#reportLoop(processId);
      return;
    }
    if (this.#flooded) {
      // Each time: a running sweep may have passed this block already. Not while edits are being inserted: the sweep would
      // enqueue them as backlog.
      if (this.#inbox.size === 0) requestSweep();
      return;
    }
    const ids = readNotification(payload, blocks.table.idType);
    if (ids.length === 0) {
      if (payload !== '') {
        this.#unknownLog.run(() => {
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

  /** Waits for the insert in progress. Notifications in the inbox are left to the next leader's sweep. */
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
          await this.#untilFloodEnds();
        } else if (await retryForLeader(this.#options, signal, () => edits.hasCapacityFor(batch.length))) {
          await retryForLeader(this.#options, signal, () => this.#insert(batch));
        } else {
          this.#inbox.clear();
          this.#flood();
        }
      } catch (error) {
        if (signal.aborted) break;
        this.#failureLog.run(() => {
          log.warn('could not enqueue notified blocks; the next sweep will', {
            error,
            blocks: batch.length + this.#inbox.size,
          });
        });
        this.#inbox.clear(); // the same failure would hold up each batch as long
        this.#flooded = false;
        requestSweep();
      }
    }
    this.#inserting = undefined;
  }

  /** @param batch for each notification the ids that it may name */
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
    this.#floodLog.run(() => {
      log.info('more blocks were notified than are treated as edits; the sweep enqueues the rest', {
        limit: MAX_WAITING_EDITS,
      });
    });
  }

  /** Waits until so few edits are in the queue that notifications are acted on again. */
  async #untilFloodEnds(): Promise<void> {
    const { edits } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      if (await retryForLeader(this.#options, signal, () => edits.isFloodOver())) {
        this.#flooded = false;
        return;
      }
      await sleep(FLOOD_POLL_MS, signal);
    }
  }

  /** Our connections never notify, so the API's trigger has fired on our own write. */
  #reportLoop(processId: number): void {
    const { events, log } = this.#options;
    events.emit('trigger-loop', { processId });
    this.#loopLog.run(() => {
      log.error(
        "the worker's own write fired the trigger on the blocks table; restrict the trigger to the columns of the text",
        {
          processId,
        },
      );
    });
  }
}
