import type { PgBoss } from 'pg-boss';

export interface ResizableWorkerOptions {
  readonly boss: Pick<PgBoss, 'offWork'>;
  readonly queue: string;
  /** Registers one pg-boss worker and returns its id. */
  readonly work: (batchSize: number) => Promise<string>;
}

/**
 * A pg-boss worker whose batch size can change. pg-boss fixes it when a worker is registered, so this one is replaced: it
 * finishes its batch, stops, and another starts. One stops before the other starts, so that no more jobs are held and no
 * more handlers run than there are workers. Both waits are the worker's own: the others go on.
 */
export class ResizableWorker {
  readonly #options: ResizableWorkerOptions;
  #wanted: number;
  #current = 0;
  #id = '';
  #stopped = false;
  #replacing: Promise<void> | undefined;

  constructor(options: ResizableWorkerOptions, batchSize: number) {
    this.#options = options;
    this.#wanted = batchSize;
  }

  async start(): Promise<void> {
    this.#current = this.#wanted;
    this.#id = await this.#options.work(this.#current);
  }

  resize(batchSize: number): void {
    this.#wanted = batchSize;
    if (this.#id === '' || this.#replacing !== undefined || batchSize === this.#current) return;
    this.#replacing = this.#replace().finally(() => (this.#replacing = undefined));
  }

  /** Does not stop the pg-boss worker, only its replacement. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#replacing;
  }

  async #replace(): Promise<void> {
    const { boss, queue } = this.#options;
    while (!this.#stopped && this.#wanted !== this.#current) {
      await boss.offWork(queue, { id: this.#id, wait: true });
      if (!this.#stopped) await this.start();
    }
  }
}
