import { RateLimit } from '../../src/backlog/rate-limit.js';

describe('the throttle', () => {
  const signal = new AbortController().signal;

  /** Far less than what it would wait for if it did; a machine may be slow. */
  const AT_ONCE_MS = 5_000;

  async function msUntilReady(throttle: RateLimit, taken: number): Promise<number> {
    const started = performance.now();
    throttle.spend(taken);
    await throttle.wait(signal);
    return performance.now() - started;
  }

  it('delays the next by what was taken', async () => {
    const throttle = new RateLimit(1_000);
    expect(await msUntilReady(throttle, 100)).toBeGreaterThan(90);
  });

  it('lets the first through at once', async () => {
    expect(await msUntilReady(new RateLimit(0.01), 0)).toBeLessThan(AT_ONCE_MS); // one each 100 s
  });

  it('saves up no time that passed unused', async () => {
    const throttle = new RateLimit(1_000);
    throttle.spend(1);
    await new Promise((resolve) => setTimeout(resolve, 100)); // time is what it is about
    expect(await msUntilReady(throttle, 100)).toBeGreaterThan(90);
  });

  it('lets no more through at once than a second may see', () => {
    expect(new RateLimit(7).maxBatch).toBe(7);
  });

  it('lets everything through without a rate', async () => {
    const throttle = new RateLimit(0);
    expect(await msUntilReady(throttle, 1_000_000)).toBeLessThan(AT_ONCE_MS);
    expect(throttle.maxBatch).toBe(Number.POSITIVE_INFINITY);
  });

  it('waits no longer when aborted', async () => {
    const throttle = new RateLimit(1);
    throttle.spend(1_000);
    const aborted = new AbortController();
    setTimeout(() => {
      aborted.abort();
    }, 10);
    await throttle.wait(aborted.signal);
  });
});
