import { sleepUntil, unlessHungUp } from './hang-up.js';
import { serverBusy } from './refusal.js';

/** Ollama's, unless OLLAMA_KEEP_ALIVE is set. */
const DEFAULT_KEEP_ALIVE_MS = 5 * 60_000;
/** Go's longest duration, 292 years, which Ollama takes for a negative `keep_alive`. */
const FOREVER_MS = 2 ** 63 / 1e6;
/** Node's longest timer, 25 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Loads the model and keeps it in memory.
 *
 *     absent ──use──▶ loading ──▶ loaded ──expiry, other options, crash──▶ absent
 *        ▲               │
 *        └─── hang-up ───┘
 *
 * The request that began a load owns it, as in Ollama: when its client hangs up, the load is discarded, and one of the
 * waiting requests starts again from the beginning. So a client whose timeout is shorter than a load never gets an answer.
 *
 * The model expires once no request has used it for the time that a request last asked for. A request that asks for none
 * only starts that time again.
 */
export class Loader {
  readonly #loadMs: number;
  readonly #maxQueue: number;
  readonly #read: () => Promise<void>;
  readonly #onChange: () => void;
  #loadedKey: string | undefined;
  #keepAliveMs = DEFAULT_KEEP_ALIVE_MS;
  #users = 0;
  /** Milliseconds since 1970; undefined until the model is idle for the first time. */
  #expiresAt: number | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #loading: Promise<void> | undefined;
  #waiting = 0;
  #loads = 0;

  /** @param read loads the brain; its time counts towards `loadMs` */
  constructor(cost: { loadMs: number; maxQueue: number }, read: () => Promise<void>, onChange: () => void) {
    this.#loadMs = cost.loadMs;
    this.#maxQueue = cost.maxQueue;
    this.#read = read;
    this.#onChange = onChange;
  }

  get state(): 'absent' | 'loading' | 'loaded' {
    if (this.#loading !== undefined) return 'loading';
    return this.#loadedKey === undefined ? 'absent' : 'loaded';
  }

  /** Loads begun so far, including discarded ones. */
  get loads(): number {
    return this.#loads;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** When the model expires, or expired last while requests use it, in milliseconds since 1970; undefined if it is absent. */
  get expiresAt(): number | undefined {
    if (this.state === 'absent') return undefined;
    return this.#expiresAt ?? Date.now() + Math.min(this.#keepAliveMs, FOREVER_MS);
  }

  /**
   * Runs `work` with the model in memory.
   *
   * @param key the options as a string; a change reloads the model
   * @param keepAliveMs how long the model stays afterwards; undefined: as before, or the default if it has to be loaded
   * @throws Refusal 503 if too many requests wait already; HungUp; what `work` throws
   */
  async use<T>(
    { key, keepAliveMs }: { readonly key: string; readonly keepAliveMs: number | undefined },
    signal: AbortSignal,
    work: () => Promise<T>,
  ): Promise<T> {
    while (this.#loadedKey !== key || this.#loading !== undefined) {
      if (this.#loading === undefined) await this.#load(key, signal);
      else await this.#wait(this.#loading, signal);
    }
    clearTimeout(this.#expiry);
    if (keepAliveMs !== undefined) this.#keepAliveMs = keepAliveMs;
    this.#users++;
    try {
      return await work();
    } finally {
      this.#users--;
      if (this.#users === 0 && this.state === 'loaded') this.#expireLater();
    }
  }

  unload(): void {
    this.#drop();
    this.#onChange();
  }

  #drop(): void {
    clearTimeout(this.#expiry);
    this.#loadedKey = undefined;
    this.#expiresAt = undefined;
  }

  #expireLater(): void {
    if (this.#keepAliveMs === 0) return this.unload();
    this.#expiresAt = Date.now() + Math.min(this.#keepAliveMs, FOREVER_MS);
    if (this.#keepAliveMs > MAX_TIMER_MS) return; // no stand-in lives that long
    this.#expiry = setTimeout(() => this.unload(), this.#keepAliveMs).unref();
  }

  async #wait(loading: Promise<void>, signal: AbortSignal): Promise<void> {
    if (this.#waiting >= this.#maxQueue) throw serverBusy();
    this.#waiting++;
    this.#onChange();
    try {
      await unlessHungUp(loading, signal);
    } finally {
      this.#waiting--;
    }
  }

  async #load(key: string, signal: AbortSignal): Promise<void> {
    const doneAt = performance.now() + this.#loadMs;
    this.#loads++;
    this.#drop();
    this.#keepAliveMs = DEFAULT_KEEP_ALIVE_MS;
    let end = () => {};
    this.#loading = new Promise((resolve) => (end = resolve));
    this.#onChange();
    try {
      await unlessHungUp(this.#read(), signal);
      await sleepUntil(doneAt, signal);
      this.#loadedKey = key;
    } finally {
      this.#loading = undefined;
      end();
      this.#onChange();
    }
  }
}
