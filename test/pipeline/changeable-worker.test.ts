import { ChangeableWorker, type Fetching } from '../../src/pipeline/changeable-worker.js';
import { PRIORITY } from '../../src/queue/job.js';

/** Stands for pg-boss: each worker's stop takes until `finish` is called. */
class Boss {
  /** What was done, in order. */
  readonly done: string[] = [];
  readonly #batches = new Map<string, () => void>();
  #count = 0;

  readonly work = ({ batchSize, minPriority }: Fetching): Promise<string> => {
    const id = `worker-${++this.#count}`;
    this.done.push(`${id} starts with ${batchSize}${minPriority === undefined ? '' : ` from priority ${minPriority}`}`);
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

const all = (batchSize: number): Fetching => ({ batchSize, minPriority: undefined });

describe('a worker whose fetches change', () => {
  const start = async () => {
    const boss = new Boss();
    const worker = new ChangeableWorker({ boss, queue: 'q', work: boss.work }, all(10));
    await worker.start();
    return { boss, worker };
  };

  it('finishes its batch before another starts with the new size', async () => {
    const { boss, worker } = await start();
    worker.change(all(20));
    expect(boss.done).toEqual(['worker-1 starts with 10', 'worker-1 stops']);
    await boss.finish('worker-1');
    expect(boss.done.at(-1)).toBe('worker-2 starts with 20');
    await worker.stop();
  });

  it('finishes its batch before another starts with the new priority', async () => {
    const { boss, worker } = await start();
    worker.change({ batchSize: 10, minPriority: PRIORITY.live });
    await boss.finish('worker-1');
    expect(boss.done.slice(1)).toEqual(['worker-1 stops', 'worker-2 starts with 10 from priority 10']);
    await worker.stop();
  });

  it('takes the last of several changes that come while its batch lasts', async () => {
    const { boss, worker } = await start();
    for (const size of [20, 40, 80]) worker.change(all(size));
    await boss.finish('worker-1');
    expect(boss.done).toEqual(['worker-1 starts with 10', 'worker-1 stops', 'worker-2 starts with 80']);
    await worker.stop();
  });

  it('goes on as it is when nothing changes, and changes when something does', async () => {
    const { boss, worker } = await start();
    worker.change(all(10));
    expect(boss.done).toEqual(['worker-1 starts with 10']);
    worker.change(all(20));
    expect(boss.done).toEqual(['worker-1 starts with 10', 'worker-1 stops']);
    await boss.finish('worker-1');
    await worker.stop();
  });

  it('is not started again after a stop', async () => {
    const { boss, worker } = await start();
    worker.change(all(20));
    const stopped = worker.stop();
    await boss.finish('worker-1');
    await stopped;
    expect(boss.done).toEqual(['worker-1 starts with 10', 'worker-1 stops']);
  });
});
