import { sleepUntil, unlessHungUp } from './hang-up.js';
import { serverBusy } from './refusal.js';

/**
 * Loads the model and keeps it in memory.
 *
 *     absent ──ensure──▶ loading ──▶ loaded ──other options, unload, crash──▶ absent
 *        ▲                  │
 *        └──── hang-up ─────┘
 *
 * The request that began a load owns it, as in Ollama: when its client hangs up, the load is discarded, and one of the
 * waiting requests starts again from the beginning. So a client whose timeout is shorter than a load never gets an answer.
 */
export class Loader {
  readonly #loadMs: number;
  readonly #maxQueue: number;
  readonly #read: () => Promise<void>;
  readonly #onChange: () => void;
  #loadedKey: string | undefined;
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

  /**
   * Resolves when the model is in memory with these options.
   *
   * @param key the options as a string; a change reloads the model
   * @throws Refusal 503 if too many requests wait already; HungUp
   */
  async ensure(key: string, signal: AbortSignal): Promise<void> {
    while (this.#loadedKey !== key || this.#loading !== undefined) {
      if (this.#loading === undefined) await this.#load(key, signal);
      else await this.#wait(this.#loading, signal);
    }
  }

  unload(): void {
    this.#loadedKey = undefined;
    this.#onChange();
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
    this.#loadedKey = undefined;
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
