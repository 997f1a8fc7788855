import { describe, expect, test } from '@jest/globals';
import type { Brain } from '../../../tools/stand-in/brain.js';
import { call, embed, failure, withStandIn } from './client.js';

/** `expires_at` of each model in memory. */
async function expiries({ url }: { readonly url: string }): Promise<string[]> {
  const { json } = await call(url, 'GET', '/api/ps');
  return (json.models as { name: string; expires_at: string }[]).map(({ expires_at: at }) => at);
}

describe('the model', () => {
  test('is loaded by the first request, even one with an empty array, and then stays', async () => {
    await withStandIn({ loadMs: 50 }, async (ollama) => {
      expect(ollama.stats).toMatchObject({ model: 'absent', loads: 0 });
      const from = performance.now();
      await embed(ollama, []);
      expect(performance.now() - from).toBeGreaterThanOrEqual(50);
      expect(ollama.stats).toMatchObject({ model: 'loaded', loads: 1 });
      await embed(ollama, 'a');
      expect(ollama.stats.loads).toBe(1);
    });
  });

  test('is loaded once for all waiting requests', async () => {
    await withStandIn({ loadMs: 50 }, async (ollama) => {
      const replies = await Promise.all(['a', 'b', 'c'].map((text) => embed(ollama, text)));
      expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(ollama.stats.loads).toBe(1);
    });
  });

  test('is not loaded if the client that began the load hangs up', async () => {
    await withStandIn({ loadMs: 60_000 }, async (ollama) => {
      const impatient = new AbortController();
      const request = failure(embed(ollama, 'a', {}, impatient.signal));
      await ollama.waitFor(({ stats }) => stats.model === 'loading');
      impatient.abort();
      await ollama.waitFor(({ stats }) => stats.model === 'absent' && stats.hungUp === 1);
      expect(await request).toBe('ABORT_ERR');
    });
  });

  test('is loaded again for a client that waited for a discarded load', async () => {
    const read = Promise.withResolvers<undefined>();
    const brain: Brain = {
      nativeDimensions: 2,
      load: () => read.promise,
      embed: (texts) => texts.map(() => Float32Array.of(1, 0)),
    };
    await withStandIn({ brain }, async (ollama) => {
      const impatient = new AbortController();
      const first = failure(embed(ollama, 'a', {}, impatient.signal));
      await ollama.waitFor(({ stats }) => stats.model === 'loading');
      const second = embed(ollama, 'b');
      await ollama.waitFor(({ stats }) => stats.waiting === 1);
      impatient.abort();
      await ollama.waitFor(({ stats }) => stats.loads === 2);
      read.resolve(undefined);
      expect(await second).toMatchObject({ status: 200 });
      expect(ollama.stats).toMatchObject({ model: 'loaded', loads: 2 });
      await first;
    });
  });

  test('is waited for by at most as many requests as the queue holds', async () => {
    await withStandIn({ loadMs: 60_000, maxQueue: 1 }, async (ollama) => {
      const waiting = [embed(ollama, 'a')];
      await ollama.waitFor(({ stats }) => stats.model === 'loading');
      waiting.push(embed(ollama, 'b'));
      await ollama.waitFor(({ stats }) => stats.waiting === 1);
      const settled = Promise.allSettled(waiting);
      expect(await embed(ollama, 'c')).toMatchObject({
        status: 503,
        json: { error: expect.stringMatching(/^server busy/) },
      });
      await ollama.stop();
      await settled;
    });
  });

  test('is loaded again when a caller changes the options', async () => {
    await withStandIn({}, async (ollama) => {
      await embed(ollama, 'a');
      await embed(ollama, 'a', { options: {} });
      expect(ollama.stats.loads).toBe(1);
      await embed(ollama, 'a', { options: { num_ctx: 8192 } });
      await embed(ollama, 'a');
      expect(ollama.stats.loads).toBe(3);
    });
  });

  test.each([
    [0, ['a']],
    ['0s', ['a']],
    [0, []],
  ])('leaves the memory after a request with keep_alive %p and the texts %p', async (keepAlive, texts) => {
    await withStandIn({}, async (ollama) => {
      await embed(ollama, texts, { keep_alive: keepAlive });
      expect(ollama.stats.model).toBe('absent');
    });
  });

  test('stays in memory while other requests need it, even after keep_alive 0', async () => {
    await withStandIn({ textMs: 200, parallel: 2 }, async (ollama) => {
      const long = embed(ollama, ['a', 'b']);
      await ollama.waitFor(({ stats }) => stats.running === 1);
      await embed(ollama, 'c', { keep_alive: 0 });
      expect(ollama.stats.model).toBe('loaded');
      await long;
      expect(ollama.stats.model).toBe('absent');
    });
  });

  test('leaves the memory once no request needed it for the time in keep_alive', async () => {
    await withStandIn({ textMs: 300 }, async (ollama) => {
      await embed(ollama, [], { keep_alive: '1s' });
      for (let i = 0; i < 4; i++) await embed(ollama, 'a'); // 1.2 s; each starts the second again
      expect(ollama.stats).toMatchObject({ model: 'loaded', loads: 1 });
      await ollama.waitFor(({ stats }) => stats.model === 'absent');
    });
  });

  test.each([
    [undefined, 300],
    ['10m', 600],
    [3600, 3600],
    [-1, 2 ** 63 / 1e9],
  ])('is listed with its expiry: keep_alive %p is %d s', async (keepAlive, seconds) => {
    await withStandIn({}, async (ollama) => {
      expect(await expiries(ollama)).toEqual([]);
      await embed(ollama, 'a', { keep_alive: keepAlive });
      await embed(ollama, 'b'); // asks for no time, so the one before counts
      const [expiry = ''] = await expiries(ollama);
      expect((Date.parse(expiry) - Date.now()) / 1000).toBeCloseTo(seconds, -1);
    });
  });

  test('has the default expiry after another load', async () => {
    await withStandIn({}, async (ollama) => {
      await embed(ollama, 'a', { keep_alive: -1 });
      await embed(ollama, 'a', { options: { num_ctx: 8192 } });
      const [expiry = ''] = await expiries(ollama);
      expect((Date.parse(expiry) - Date.now()) / 1000).toBeCloseTo(300, -1);
    });
  });

  test.each([
    ['300', 'time: invalid duration "300"'],
    ['7d', 'time: invalid duration "7d"'],
    [true, "Unsupported type: 'boolean'"],
  ])('is not loaded for the keep_alive %p', async (keepAlive, error) => {
    await withStandIn({}, async (ollama) => {
      expect(await embed(ollama, 'a', { keep_alive: keepAlive })).toMatchObject({ status: 400, json: { error } });
      expect(ollama.stats.loads).toBe(0);
    });
  });
});
