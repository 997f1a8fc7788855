import { Watchdog } from '../../src/monitoring/watchdog.js';

describe('the watchdog', () => {
  it('names each part that exceeds its limit once, until the work ends', async () => {
    const watchdog = new Watchdog();
    const work = Promise.withResolvers<string>();
    const both = [1, 2].map(() => watchdog.watch('late', -1, () => work.promise));
    const onTime = watchdog.watch('on time', 60_000, () => work.promise);
    expect(watchdog.overdue()).toEqual(['late']);
    work.resolve('done');
    expect(await Promise.all([...both, onTime])).toEqual(['done', 'done', 'done']);
    expect(watchdog.overdue()).toEqual([]);
  });

  it('forgets work that failed', async () => {
    const watchdog = new Watchdog();
    await expect(watchdog.watch('late', -1, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(watchdog.overdue()).toEqual([]);
  });
});
