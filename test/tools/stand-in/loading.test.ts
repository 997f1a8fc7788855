import { describe, expect, test } from '@jest/globals';
import type { Brain } from '../../../tools/stand-in/brain.js';
import { embed, failure, withStandIn } from './client.js';

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

  test('leaves the memory after a request with keep_alive 0', async () => {
    await withStandIn({}, async (ollama) => {
      await embed(ollama, 'a', { keep_alive: 0 });
      expect(ollama.stats.model).toBe('absent');
    });
  });
});
