import { keepAliveSeconds, type KeepAlive } from '../../src/embedder/keep-alive.js';

describe('the time to keep a model loaded', () => {
  it.each<[KeepAlive, number]>([
    [300, 300],
    [0.5, 0.5],
    ['1h30m', 5_400],
  ])('is read as Ollama does: %j is %d s', (value, seconds) => {
    expect(keepAliveSeconds(value)).toBe(seconds);
  });

  it.each<[KeepAlive]>([[-1], [-0.5], ['-1s'], ['-1h30m']])('is for ever if it is negative: %j', (value) => {
    expect(keepAliveSeconds(value)).toBe(Infinity);
  });

  it.each<[KeepAlive]>([[0], [-0], [1e-10], ['0'], ['-0'], ['0s'], ['0h0m'], ['0.4ns']])(
    'is none at all if it is less than a nanosecond: %j',
    (value) => {
      expect(keepAliveSeconds(value)).toBe(0);
    },
  );

  it.each<[KeepAlive]>([['300'], ['-1'], ['7d'], ['2562048h'], [9_300_000_000], [Number.NaN], [Infinity]])(
    'is not %j, which Ollama rejects or cannot hold',
    (value) => {
      expect(keepAliveSeconds(value)).toBeUndefined();
    },
  );
});
