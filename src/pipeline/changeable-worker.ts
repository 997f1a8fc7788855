import type { PgBoss } from 'pg-boss';

/** What a pg-boss worker fetches. */
export interface Fetching {
  /** Jobs at once. */
  readonly batchSize: number;
  /** Only jobs with at least this priority; undefined for all. */
  readonly minPriority: number | undefined;
}

export interface ChangeableWorkerOptions {
  readonly boss: Pick<PgBoss, 'offWork'>;
  readonly queue: string;
  /** Registers one pg-boss worker and returns its id. */
  readonly work: (fetching: Fetching) => Promise<string>;
}

/**
 * A pg-boss worker that can fetch other jobs than before. pg-boss fixes what a worker fetches when it is registered, so
 * this one is replaced: it finishes its batch, stops, and another starts. One stops before the other starts, so that no
 * more jobs are held and no more handlers run than there are workers. Both waits are the worker's own: the others go on.
 */
export class ChangeableWorker {
  readonly #options: ChangeableWorkerOptions;
  #wanted: Fetching;
  #current: Fetching | undefined;
  #id = '';
  #stopped = false;
  #replacing: Promise<void> | undefined;

  constructor(options: ChangeableWorkerOptions, fetching: Fetching) {
    this.#options = options;
    this.#wanted = fetching;
  }

  async start(): Promise<void> {
    this.#current = this.#wanted;
    this.#id = await this.#options.work(this.#current);
    this.change(this.#wanted); // it may have changed meanwhile
  }

  change(fetching: Fetching): void {
    this.#wanted = fetching;
    if (this.#id === '' || this.#replacing !== undefined || this.#isAsWanted) return;
    this.#replacing = this.#replace().finally(() => (this.#replacing = undefined));
  }

  /** Does not stop the pg-boss worker, only its replacement. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#replacing;
  }

  async #replace(): Promise<void> {
    const { boss, queue } = this.#options;
    while (!this.#stopped && !this.#isAsWanted) {
      await boss.offWork(queue, { id: this.#id, wait: true });
      if (!this.#stopped) await this.start();
    }
  }

  get #isAsWanted(): boolean {
    const { batchSize, minPriority } = this.#wanted;
    return batchSize === this.#current?.batchSize && minPriority === this.#current.minPriority;
  }
}
