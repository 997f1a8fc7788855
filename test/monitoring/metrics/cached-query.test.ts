import { jest } from '@jest/globals';
import { CachedQuery } from '../../../src/monitoring/metrics/cached-query.js';

describe('a shared reading', () => {
  let asked: number;
  beforeEach(() => {
    asked = 0;
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is made once, however many ask at once', async () => {
    const answer = Promise.withResolvers<number>();
    const reading = new CachedQuery(() => ((asked += 1), answer.promise));
    const answers = [reading.get(), reading.get(), reading.get()];
    answer.resolve(7);
    expect(await Promise.all(answers)).toEqual([7, 7, 7]);
    expect(asked).toBe(1);
  });

  it('is made anew after a second, and not before', async () => {
    const reading = new CachedQuery(() => Promise.resolve(++asked));
    expect(await reading.get()).toBe(1);
    jest.advanceTimersByTime(999);
    expect(await reading.get()).toBe(1);
    jest.advanceTimersByTime(1);
    expect(await reading.get()).toBe(2);
  });

  it('is undefined where it fails', async () => {
    const reading = new CachedQuery(() => Promise.reject<number>(new Error('away')));
    expect(await reading.get()).toBeUndefined();
  });

  it('that hangs is waited for one second by who asked first, and by nobody after', async () => {
    const reading = new CachedQuery(() => ((asked += 1), new Promise<number>(() => undefined)));
    const first = reading.get();
    jest.advanceTimersByTime(1_000);
    expect(await first).toBeUndefined();
    const second = reading.get();
    jest.advanceTimersByTime(1); // the shortest time a timer may have
    expect(await second).toBeUndefined();
    expect(asked).toBe(1);
  });

  it('that was late is told while it is fresh, and made anew after', async () => {
    const late = Promise.withResolvers<number>();
    const reading = new CachedQuery(() => (++asked === 1 ? late.promise : Promise.resolve(asked)));
    const first = reading.get();
    jest.advanceTimersByTime(1_000);
    expect(await first).toBeUndefined();
    late.resolve(1);
    await late.promise;
    await Promise.resolve();
    await Promise.resolve();
    expect(await reading.get()).toBe(2);
  });
});
