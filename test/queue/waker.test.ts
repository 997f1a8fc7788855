import type { PgBoss, WipData } from 'pg-boss';
import { PRIORITY, type EmbedJob } from '../../src/queue/job.js';
import { Waker } from '../../src/queue/waker.js';
import { MemoryLog } from '../support/worker-log.js';

interface FakeWorker {
  readonly id: string;
  readonly batchSize: number;
  readonly live?: true;
  readonly state?: WipData['state'];
  /** Jobs in progress. */
  readonly count?: number;
}

/** A waker of these workers, and the ids of those that it woke. */
function wakerOf(workers: readonly FakeWorker[]): { waker: Waker; woken: string[] } {
  const woken: string[] = [];
  const data = workers.map(({ id, batchSize, live, state = 'active', count = 0 }) => ({
    ...{ id, state, count, name: 'q', lastFetchedOn: 0 },
    options: { batchSize, ...(live && { minPriority: PRIORITY.live }) },
  }));
  const boss = { getWipData: () => data, notifyWorker: (id: string) => woken.push(id) } as unknown as PgBoss;
  const database = { query: () => Promise.resolve([]) };
  return { waker: new Waker({ boss, database, queue: 'q', log: new MemoryLog() }), woken };
}

const jobs = (count: number, priority: number) =>
  Array.from({ length: count }, () => ({ data: { priority } })) as unknown as EmbedJob[];

describe('waking workers', () => {
  it('counts each for as many jobs as it fetches', () => {
    const workers: FakeWorker[] = [
      { id: 'live', batchSize: 10, live: true },
      { id: 'a', batchSize: 64 },
      { id: 'b', batchSize: 64 },
    ];
    const few = wakerOf(workers);
    expect(few.waker.wake(10, PRIORITY.live)).toBe(0);
    expect(few.woken).toEqual(['live']);
    const more = wakerOf(workers);
    expect(more.waker.wake(74, PRIORITY.live)).toBe(0);
    expect(more.woken).toEqual(['live', 'a']);
    const most = wakerOf(workers);
    expect(most.waker.wake(200, PRIORITY.live)).toBe(200 - 10 - 64 - 64);
  });

  it.each(['stopping', 'stopped', 'created'] as const)('never wakes one that is %s, which would lose it', (state) => {
    const { waker, woken } = wakerOf([
      { id: 'old', batchSize: 10, state },
      { id: 'new', batchSize: 20 },
    ]);
    expect(waker.wake(30, PRIORITY.backlog)).toBe(10);
    expect(woken).toEqual(['new']);
  });

  it('for backlog leaves out workers that take edits only', () => {
    const { waker, woken } = wakerOf([
      { id: 'live', batchSize: 10, live: true },
      { id: 'a', batchSize: 64 },
    ]);
    waker.wake(1, PRIORITY.backlog);
    expect(woken).toEqual(['a']);
  });

  it('after a claim wakes another only if the batch was full', () => {
    const workers: FakeWorker[] = [
      { id: 'live', batchSize: 10, live: true },
      { id: 'a', batchSize: 64 },
    ];
    const partial = wakerOf(workers);
    partial.waker.wakeNext(jobs(63, PRIORITY.backlog));
    expect(partial.woken).toEqual([]);
    partial.waker.wakeNext(jobs(64, PRIORITY.backlog));
    expect(partial.woken).toEqual(['a']);
    const edits = wakerOf(workers);
    edits.waker.wakeNext(jobs(9, PRIORITY.live));
    expect(edits.woken).toEqual([]);
    edits.waker.wakeNext(jobs(10, PRIORITY.live));
    expect(edits.woken).toEqual(['live']);
  });
});
