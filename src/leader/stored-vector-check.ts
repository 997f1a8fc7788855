import type { LeaderParts } from './leader-parts.js';
import { checkFew } from '../backlog/stored-vectors/check-few.js';
import { likeliestReason } from '../backlog/stored-vectors/likeliest-reason.js';
import { sleep } from '../base/sleep.js';
import { Timeout } from '../base/timeout.js';
import type { Embedder } from '../embedder/embedder.js';
import { DrainingError } from '../embedder/errors.js';

/** What waits when a worker starts goes first, and a worker that restarts again and again checks nothing. */
const DELAY_MS = 30_000;
/** Longer than loading a model takes. */
const LIMIT_MS = 300_000;

export interface StoredVectorCheckOptions extends LeaderParts {
  readonly embedder: Embedder;
  /** Default: DELAY_MS. */
  readonly delayMs?: number;
  /** Default: LIMIT_MS. */
  readonly limitMs?: number;
}

/**
 * Compares a few stored vectors with what the model returns now, once, some time after this replica began to lead, and warns
 * if they are another model's. The texts are embedded behind edits, and while the model's server fails they wait like others.
 */
export class StoredVectorCheck {
  readonly #options: StoredVectorCheckOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: StoredVectorCheckOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new DrainingError());
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { hold, log, delayMs = DELAY_MS, limitMs = LIMIT_MS } = this.#options;
    await sleep(delayMs, signal);
    const limit = new Timeout(limitMs, signal, () => new DrainingError());
    try {
      if (signal.aborted || hold.isHeld) return;
      await this.#check(limit.signal, limitMs);
    } catch (error) {
      if (signal.aborted || (await hold.explains(error))) return;
      const why = limit.expired ? { seconds: limitMs / 1000 } : { error };
      log.info('could not compare stored vectors with what the model returns', why);
    } finally {
      limit.clear();
    }
  }

  async #check(signal: AbortSignal, expireMs: number): Promise<void> {
    const { log } = this.#options;
    const tally = await checkFew(this.#options, { signal, expireMs });
    const reason = likeliestReason(tally);
    const { checked, drifted, lowestCosine } = tally.total;
    const fields = { checked, drifted, lowestCosine };
    if (reason === null) log.debug('stored vectors are like those that the model returns', fields);
    else if (reason.code !== 'model') {
      log.info('some stored vectors differ from what the model returns; see: embedding-worker verify', fields);
    } else {
      const { message, fix } = reason;
      log.warn('stored vectors are not those that the model returns; see: embedding-worker verify', {
        ...fields,
        reason: message,
        fix,
      });
    }
  }
}
