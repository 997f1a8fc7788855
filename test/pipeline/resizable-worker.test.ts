import { ResizableWorker } from '../../src/pipeline/resizable-worker.js';

/** Stands for pg-boss: each worker's stop takes until `finish` is called. */
class Boss {
  /** What was done, in order. */
  readonly done: string[] = [];
  readonly #batches = new Map<string, () => void>();
  #count = 0;

  readonly work = (batchSize: number): Promise<string> => {
    const id = `worker-${++this.#count}`;
    this.done.push(`${id} starts with ${batchSize}`);
    return Promise.resolve(id);
  };

  offWork(_queue: string, options?: { id?: string }): Promise<void> {
    const id = options?.id ?? '';
    this.done.push(`${id} stops`);
    return new Promise((resolve) => this.#batches.set(id, resolve));
  }

  /** Ends the batch of a worker that is to stop. */
  async finish(id: string): Promise<void> {
    this.#batches.get(id)?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a worker whose batch size changes', () => {
  it('finishes its batch before another starts with the new size', async () => {
    const boss = new Boss();
    const worker = new ResizableWorker({ boss, queue: 'q', work: boss.work }, 10);
    await worker.start();
    worker.resize(20);
    expect(boss.done).toEqual(['worker-1 starts with 10', 'worker-1 stops']);
    await boss.finish('worker-1');
    expect(boss.done.at(-1)).toBe('worker-2 starts with 20');
    await worker.stop();
  });

  it('takes the last of several changes that come while its batch lasts', async () => {
    const boss = new Boss();
    const worker = new ResizableWorker({ boss, queue: 'q', work: boss.work }, 10);
    await worker.start();
    for (const size of [20, 40, 80]) worker.resize(size);
    await boss.finish('worker-1');
    expect(boss.done).toEqual(['worker-1 starts with 10', 'worker-1 stops', 'worker-2 starts with 80']);
    await worker.stop();
  });

  it('goes on as it is when the size does not change, and changes when it does', async () => {
    const boss = new Boss();
    const worker = new ResizableWorker({ boss, queue: 'q', work: boss.work }, 10);
    await worker.start();
    worker.resize(10);
    expect(boss.done).toEqual(['worker-1 starts with 10']);
    worker.resize(20);
    expect(boss.done).toEqual(['worker-1 starts with 10', 'worker-1 stops']);
    await boss.finish('worker-1');
    await worker.stop();
  });

  it('is not started again after a stop', async () => {
    const boss = new Boss();
    const worker = new ResizableWorker({ boss, queue: 'q', work: boss.work }, 10);
    await worker.start();
    worker.resize(20);
    const stopped = worker.stop();
    await boss.finish('worker-1');
    await stopped;
    expect(boss.done).toEqual(['worker-1 starts with 10', 'worker-1 stops']);
  });
});
