import { RateLimit } from '../../src/backlog/rate-limit.js';

describe('a rate limit', () => {
  const signal = new AbortController().signal;

  /** Far less than the limit would wait. */
  const AT_ONCE_MS = 5_000;

  async function msUntilReady(limit: RateLimit, taken: number): Promise<number> {
    const started = performance.now();
    limit.spend(taken);
    await limit.wait(signal);
    return performance.now() - started;
  }

  it('delays the next batch by the size of the last', async () => {
    const limit = new RateLimit(1_000);
    expect(await msUntilReady(limit, 100)).toBeGreaterThan(90);
  });

  it('does not delay the first batch', async () => {
    expect(await msUntilReady(new RateLimit(0.01), 0)).toBeLessThan(AT_ONCE_MS); // one each 100 s
  });

  it('does not save up unused time', async () => {
    const limit = new RateLimit(1_000);
    limit.spend(1);
    await new Promise((resolve) => setTimeout(resolve, 100)); // the limit measures time
    expect(await msUntilReady(limit, 100)).toBeGreaterThan(90);
  });

  it('allows no larger batch than its rate per second', () => {
    expect(new RateLimit(7).maxBatch).toBe(7);
  });

  it('does not limit if the rate is 0', async () => {
    const limit = new RateLimit(0);
    expect(await msUntilReady(limit, 1_000_000)).toBeLessThan(AT_ONCE_MS);
    expect(limit.maxBatch).toBe(Number.POSITIVE_INFINITY);
  });

  it('stops waiting when aborted', async () => {
    const limit = new RateLimit(1);
    limit.spend(1_000);
    const aborted = new AbortController();
    setTimeout(() => {
      aborted.abort();
    }, 10);
    await limit.wait(aborted.signal);
  });
});
