import { jest } from '@jest/globals';
import { shareCalls } from '../../src/monitoring/share-calls.js';

const LIMITS = { keepMs: 1_000, timeoutMs: 1_000 };

describe('a shared call', () => {
  let calls: number;
  beforeEach(() => {
    calls = 0;
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([{}, LIMITS])('runs once for all who call at the same time (%j)', async (limits) => {
    const answer = Promise.withResolvers<number>();
    const read = shareCalls(() => ((calls += 1), answer.promise), limits);
    const answers = [read(), read(), read()];
    answer.resolve(7);
    expect(await Promise.all(answers)).toEqual([7, 7, 7]);
    expect(calls).toBe(1);
  });

  it('runs again as soon as the last run has ended, when its result is not kept', async () => {
    const read = shareCalls(() => Promise.resolve(++calls));
    expect(await read()).toBe(1);
    expect(await read()).toBe(2);
  });

  it('runs again once its result has been kept for its time, and not before', async () => {
    const read = shareCalls(() => Promise.resolve(++calls), LIMITS);
    expect(await read()).toBe(1);
    jest.advanceTimersByTime(999);
    expect(await read()).toBe(1);
    jest.advanceTimersByTime(1);
    expect(await read()).toBe(2);
  });

  it('passes a failure on to every caller, and keeps it as it keeps a result', async () => {
    const read = shareCalls(() => ((calls += 1), Promise.reject<number>(new Error('away'))), LIMITS);
    await expect(read()).rejects.toThrow('away');
    await expect(read()).rejects.toThrow('away');
    expect(calls).toBe(1);
  });

  it('makes the first caller wait for the timeout when it hangs, and later callers not at all', async () => {
    const read = shareCalls(() => ((calls += 1), new Promise<number>(() => undefined)), LIMITS);
    const first = read();
    jest.advanceTimersByTime(1_000);
    await expect(first).rejects.toThrow('no answer within 1 s');
    await expect(read()).rejects.toThrow('no answer within 1 s');
    expect(calls).toBe(1);
  });

  it('runs again after a run that ended too late', async () => {
    const late = Promise.withResolvers<number>();
    const read = shareCalls(() => (++calls === 1 ? late.promise : Promise.resolve(calls)), LIMITS);
    const first = read();
    jest.advanceTimersByTime(1_000);
    await expect(first).rejects.toThrow('no answer');
    late.resolve(1);
    await late.promise;
    await Promise.resolve();
    await Promise.resolve();
    expect(await read()).toBe(2);
  });
});
