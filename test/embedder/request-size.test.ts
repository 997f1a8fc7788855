import { jest } from '@jest/globals';
import { RequestSize, type RequestSizeOptions } from '../../src/embedder/request-size.js';
import { createEvents } from '../../src/telemetry/events.js';
import { randomWords } from '../../tools/stand-in/random.js';

/** The duration of a request in milliseconds. */
type Server = (texts: number, request: number) => number;

function learner(seed: string, options: Partial<RequestSizeOptions> = {}): RequestSize {
  const words = randomWords(seed);
  return new RequestSize({
    maxTexts: Infinity,
    targetMs: 250,
    fixedTexts: undefined,
    events: createEvents(),
    random: () => words() / 2 ** 32,
    ...options,
  });
}

interface Run {
  readonly ms: number;
  readonly texts: number;
  /** The sizes that were learned, each once. */
  readonly sizes: readonly number[];
}

/** Embeds batches of backlog one after another. */
function embed(size: RequestSize, server: Server, texts: number): Run {
  let ms = 0;
  let done = 0;
  let request = 0;
  const sizes = [size.texts];
  while (done < texts) {
    for (const sent of size.divide(Math.max(2, size.texts), true)) {
      const duration = server(sent, request++);
      ms += duration;
      done += sent;
      size.record(sent, duration);
      if (sizes.at(-1) !== size.texts) sizes.push(size.texts);
    }
  }
  return { ms, texts: done, sizes };
}

function bareMsPerText(server: Server, texts: number): number {
  let ms = 0;
  const requests = 1_000;
  for (let i = 0; i < requests; i++) ms += server(texts, i);
  return ms / requests / texts;
}

/** Noise of ± a quarter, which repeats. */
function noisy(cost: (texts: number) => number, seed: string): Server {
  const words = randomWords(seed);
  return (texts) => cost(texts) * (0.75 + words() / 2 ** 33);
}

const SERVERS = {
  '20 ms + 1 ms a text': (n: number) => 20 + n,
  '26 ms + 5.5 ms a text': (n: number) => 26 + 5.5 * n,
  '5 ms + 1 ms a text, larger is slower': (n: number) => 5 + n + 0.05 * n * n,
  '10 ms a text': (n: number) => 10 * n,
  '300 ms + 2 ms a text': (n: number) => 300 + 2 * n,
} as const;

describe('the learned size of a request', () => {
  it.each(Object.entries(SERVERS).flatMap(([name, cost]) => ['a', 'b', 'c'].map((seed) => ({ name, seed, cost }))))(
    'comes to at least nine tenths of the best size’s rate, learning included: $name (seed $seed)',
    ({ seed, cost }) => {
      const size = learner(seed);
      const { ms, texts } = embed(size, noisy(cost, `noise ${seed}`), 12_000);
      const best = Math.min(...[10, 32, 64].map((n) => bareMsPerText(noisy(cost, 'floor'), n)));
      expect((best * texts) / ms).toBeGreaterThan(0.9);
    },
  );

  it.each([
    ['20 ms + 1 ms a text', 128],
    ['10 ms a text', 10],
  ] as const)('of a server that takes %s is %d', (name, texts) => {
    const size = learner('a');
    embed(size, SERVERS[name], 12_000);
    expect(size.texts).toBe(texts);
  });

  it('is one text where each takes longer than the target, and two are tried now and then', () => {
    const size = learner('a');
    embed(size, (n) => 2_000 * n, 1_000);
    expect(size.texts).toBe(1);
    const sizes = Array.from({ length: 100 }, () => size.divide(2, true));
    expect(new Set(sizes.flat())).toEqual(new Set([1, 2]));
  });

  it('grows again when a server that was slow becomes fast', () => {
    const size = learner('a');
    embed(size, (n) => 2_000 * n, 1_000);
    embed(size, (n) => 20 + n, 12_000);
    expect(size.texts).toBeGreaterThanOrEqual(100);
  });

  it('falls soon when a server becomes slow, so that an edit waits no longer than the target', () => {
    const size = learner('a');
    embed(size, (n) => 20 + n, 6_000);
    embed(size, (n) => 100 + 100 * n, 800); // seven or so of the largest requests, then smaller ones
    expect(size.texts).toBe(2);
  });

  it('doubles at most', () => {
    const { sizes } = embed(learner('a'), (n) => 20 + n, 6_000);
    expect(sizes).toEqual([10, 20, 40, 80, 128]);
  });

  it('stays as it is where requests differ too little to tell their costs apart', () => {
    const size = learner('a', { random: () => 1 });
    const { sizes } = embed(size, (n) => 20 + n, 6_000);
    expect(sizes).toEqual([10]);
    expect(size.expectedMs(10)).toBeUndefined();
  });

  it('is hardly changed by one request that met a model load', () => {
    const size = learner('a');
    embed(size, SERVERS['26 ms + 5.5 ms a text'], 6_000);
    const before = size.texts;
    size.record(before, 120_000);
    const { sizes } = embed(size, SERVERS['26 ms + 5.5 ms a text'], 12_000);
    for (const texts of sizes) expect(Math.abs(Math.log2(texts / before))).toBeLessThan(1);
  });

  it('never exceeds what the server accepts', () => {
    const size = learner('a', { maxTexts: 32 });
    embed(size, SERVERS['20 ms + 1 ms a text'], 6_000);
    expect(size.texts).toBe(32);
    expect(Math.max(...size.divide(100, false))).toBe(32);
  });

  it('is half of what the server rejects, for an hour', () => {
    jest.useFakeTimers({ now: 0 });
    try {
      const size = learner('a');
      embed(size, SERVERS['20 ms + 1 ms a text'], 6_000);
      size.rejected(100);
      expect(size.texts).toBe(50);
      embed(size, SERVERS['20 ms + 1 ms a text'], 6_000);
      expect(size.texts).toBe(50);
      jest.advanceTimersByTime(3_600_001);
      embed(size, SERVERS['20 ms + 1 ms a text'], 12_000);
      expect(size.texts).toBeGreaterThan(50);
    } finally {
      jest.useRealTimers();
    }
  });

  it('is left alone if it is set, and requests are not varied', () => {
    const size = learner('a', { fixedTexts: 200 });
    const { sizes } = embed(size, SERVERS['26 ms + 5.5 ms a text'], 12_000);
    size.rejected(200);
    expect(sizes).toEqual([200]);
    expect(size.divide(400, true)).toEqual([200, 200]);
  });
});

describe('the requests of a batch', () => {
  it('are as large as has been learned, and a quarter of them half as large', () => {
    const size = learner('a');
    const sizes = Array.from({ length: 10_000 }, () => size.divide(10, true)).flat();
    expect(new Set(sizes)).toEqual(new Set([5, 10]));
    const halves = sizes.filter((texts) => texts === 5).length / sizes.length;
    expect(halves).toBeGreaterThan(0.23);
    expect(halves).toBeLessThan(0.27);
  });

  it.each([1, 2, 7, 10, 23, 128])('hold each of %d texts once', (texts) => {
    const size = learner('a');
    for (let i = 0; i < 100; i++) {
      const sum = size.divide(texts, true).reduce((total, sent) => total + sent, 0);
      expect(sum).toBe(texts);
    }
  });

  it('are of at least ten texts for edits, which do not wait for a second one', () => {
    const size = learner('a');
    embed(size, (n) => 2_000 * n, 1_000);
    expect(size.texts).toBe(1);
    expect(Array.from({ length: 100 }, () => size.divide(10, false)).flat()).toEqual(Array(100).fill(10));
  });
});
