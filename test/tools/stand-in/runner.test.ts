import { describe, expect, jest, test } from '@jest/globals';
import { HungUp } from '../../../tools/stand-in/refusal.js';
import { Runner } from '../../../tools/stand-in/runner.js';

const FREE = { requestMs: 0, textMs: 0, textSquaredMs: 0, characterMs: 0 };

/** A client that never hangs up. */
const patient = () => new AbortController().signal;

function runnerOf(cost: Partial<ConstructorParameters<typeof Runner>[0]>) {
  return new Runner({ ...FREE, parallel: 1, maxQueue: 512, ...cost });
}

const texts = (count: number) => Array.from({ length: count }, () => 'text');

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

describe('the runner', () => {
  test('takes the time of a request plus that of its texts', async () => {
    const runner = runnerOf({ requestMs: 20, textMs: 5 });
    const tookMs = await timed(() => runner.run(texts(6), patient(), () => 'done'));
    expect(tookMs).toBeGreaterThanOrEqual(50);
    expect(runner.busyMs).toBeCloseTo(50, 3);
  });

  test('serves one at a time, first come first served', async () => {
    const runner = runnerOf({ textMs: 10 });
    const served: string[] = [];
    const request = (name: string) => runner.run(texts(1), patient(), () => name).then((result) => served.push(result));
    const tookMs = await timed(() => Promise.all(['a', 'b', 'c', 'd'].map(request)));
    expect(served).toEqual(['a', 'b', 'c', 'd']);
    expect(tookMs).toBeGreaterThanOrEqual(40);
    expect(runner.busyMs).toBeCloseTo(40, 3);
  });

  test('loses no throughput to late timers: the next request starts when the previous one was due to end', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    try {
      const runner = runnerOf({ textMs: 0.4 });
      let served = 0;
      for (let i = 0; i < 500; i++) void runner.run(texts(1), patient(), () => 0).then(() => (served += 1));
      await jest.advanceTimersByTimeAsync(199);
      expect(served).toBeLessThan(500);
      // Timers count whole milliseconds: with one timer per request, only about 200 would have been served.
      await jest.advanceTimersByTimeAsync(2);
      expect(served).toBe(500);
    } finally {
      jest.useRealTimers();
    }
  });

  test('embeds as many requests at once as it has lanes', async () => {
    const runner = runnerOf({ requestMs: 50, parallel: Infinity });
    const requests = Array.from({ length: 10 }, () => runner.run(texts(1), patient(), () => 0));
    expect([runner.running, runner.waiting]).toEqual([10, 0]);
    await Promise.all(requests);
    expect(runner.busyMs).toBeCloseTo(500, 3);
  });

  test('answers 503 when the queue is full', async () => {
    const runner = runnerOf({ requestMs: 20, maxQueue: 2 });
    const requests = [1, 2, 3].map(() => runner.run(texts(1), patient(), () => 0));
    await expect(runner.run(texts(1), patient(), () => 0)).rejects.toMatchObject({
      status: 503,
      message: 'server busy, please try again.  maximum pending requests exceeded',
    });
    await Promise.all(requests);
    await expect(runner.run(texts(1), patient(), () => 0)).resolves.toBe(0);
  });

  test('drops a waiting request whose client hangs up', async () => {
    const runner = runnerOf({ requestMs: 20 });
    const first = runner.run(texts(1), patient(), () => 'first');
    const impatient = new AbortController();
    let embedded = false;
    const second = runner.run(texts(1), impatient.signal, () => (embedded = true));
    impatient.abort();
    await expect(second).rejects.toBeInstanceOf(HungUp);
    expect(runner.waiting).toBe(0);
    await first;
    expect(embedded).toBe(false);
  });

  test('stops after the current text when the client of a running request hangs up', async () => {
    const runner = runnerOf({ textMs: 20 });
    const impatient = new AbortController();
    const long = runner.run(texts(1_000), impatient.signal, () => 0);
    const next = runner.run(texts(1), patient(), () => 'next');
    impatient.abort();
    await expect(long).rejects.toBeInstanceOf(HungUp);
    await expect(next).resolves.toBe('next');
    expect(runner.busyMs).toBeLessThan(1_000);
  });

  test('takes new costs for the requests that start after the change', async () => {
    const runner = runnerOf({ textMs: 40 });
    const running = runner.run(texts(1), patient(), () => 0);
    const waiting = runner.run(texts(1), patient(), () => 0);
    runner.setCosts({ requestMs: 5, textMs: 8 });
    await running;
    expect(runner.busyMs).toBeCloseTo(40, 3);
    await waiting;
    expect(runner.busyMs).toBeCloseTo(53, 3);
  });

  test('charges an abandoned request by the costs at its start', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    try {
      const runner = runnerOf({ requestMs: 1_000, textMs: 10 });
      const impatient = new AbortController();
      const abandoned = runner.run(texts(100), impatient.signal, () => 0);
      jest.advanceTimersByTime(1_004);
      runner.setCosts({ requestMs: 0, textMs: 0 });
      impatient.abort();
      await expect(abandoned).rejects.toBeInstanceOf(HungUp);
      expect(runner.busyMs).toBeCloseTo(1_010, 3);
    } finally {
      jest.useRealTimers();
    }
  });

  test('continues after a request that fails', async () => {
    const runner = runnerOf({ textMs: 1 });
    const failing = runner.run(texts(1), patient(), () => Promise.reject(new Error('no')));
    const next = runner.run(texts(1), patient(), () => 'next');
    await expect(failing).rejects.toThrow('no');
    await expect(next).resolves.toBe('next');
  });

  test('fails all running and waiting requests when it crashes', async () => {
    const runner = runnerOf({ requestMs: 60_000 });
    const requests = [1, 2, 3].map(() => runner.run(texts(1), patient(), () => 0));
    runner.crash(new Error('EOF'));
    const results = await Promise.allSettled(requests);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect([runner.running, runner.waiting]).toEqual([0, 0]);
  });
});
