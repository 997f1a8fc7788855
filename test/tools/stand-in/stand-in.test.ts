import { createServer } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import type { Brain } from '../../../tools/stand-in/brain.js';
import { startStandIn } from '../../../tools/stand-in/stand-in.js';
import { embed, failure, vectorsOf, withStandIn } from './client.js';

describe('the log', () => {
  test('counts how often each text was embedded, without failures and wrong vectors', async () => {
    await withStandIn({ recordTexts: true }, async (ollama) => {
      await embed(ollama, ['a', 'b']);
      await embed(ollama, 'b');
      const fault = ollama.faults.add('busy');
      await embed(ollama, 'c');
      fault.remove();
      ollama.faults.add('zero-vectors');
      await embed(ollama, 'd');
      expect(Object.fromEntries(ollama.timesEmbedded())).toEqual({ a: 1, b: 2 });
      expect(ollama.stats).toMatchObject({ requests: 4, answered: 4, textsEmbedded: 3, byFault: { busy: 1 } });
    });
  });

  test('keeps the texts only when asked to', async () => {
    await withStandIn({}, async (ollama) => {
      await embed(ollama, ['four', 'more']);
      expect(ollama.requests).toMatchObject([{ texts: 2, characters: 8, recordedTexts: undefined, state: 'answered' }]);
      expect(() => ollama.timesEmbedded()).toThrow('needs the option recordTexts');
    });
  });

  test('drops the oldest requests and continues the numbering', async () => {
    await withStandIn({ logSize: 2 }, async (ollama) => {
      for (let i = 0; i < 5; i++) await embed(ollama, []);
      expect(ollama.requests.map(({ number }) => number)).toEqual([4, 5]);
      expect(ollama.stats.requests).toBe(5);
    });
  });
});

describe('waiting for a condition', () => {
  test('ends at once if it holds already', async () => {
    await withStandIn({}, async (ollama) => {
      await ollama.waitFor(({ stats }) => stats.requests === 0);
    });
  });

  test('fails with the state at the timeout', async () => {
    await withStandIn({}, async (ollama) => {
      await expect(ollama.waitFor(() => false, 10)).rejects.toThrow(/did not hold within 10 ms: {"requests":0/);
    });
  });

  test('fails with the condition’s error', async () => {
    await withStandIn({}, async (ollama) => {
      const broken = () => {
        throw new Error('broken');
      };
      await expect(ollama.waitFor(broken)).rejects.toMatchObject({ cause: { message: 'broken' } });
      expect(ollama.events.listenerCount('change')).toBe(0);
    });
  });

  test('sees each request arrive and settle', async () => {
    await withStandIn({}, async (ollama) => {
      const seen: string[] = [];
      ollama.events.on('request', ({ state }) => seen.push(`request ${state}`));
      ollama.events.on('settled', ({ state }) => seen.push(`settled ${state}`));
      await embed(ollama, 'a');
      expect(seen).toEqual(['request in-flight', 'settled answered']);
    });
  });
});

describe('stopping', () => {
  test('ends requests that hang, load or wait, and then refuses connections', async () => {
    const ollama = await startStandIn({ requestMs: 60_000 });
    ollama.faults.add({ preset: 'hang', text: 'hang' });
    const requests = ['hang', 'run', 'wait'].map((text) => failure(embed(ollama, text)));
    await ollama.waitFor(({ stats }) => stats.hanging === 1 && stats.running === 1 && stats.waiting === 1);
    await ollama.stop();
    expect(await Promise.all(requests)).toEqual(['ECONNRESET', 'ECONNRESET', 'ECONNRESET']);
    expect(ollama.stats).toMatchObject({ listening: false, hanging: 0, running: 0, waiting: 0, hungUp: 3 });
    ollama.faults.clear();
    expect(await failure(embed(ollama, 'a'))).toBe('ECONNREFUSED');
    await ollama.stop();
  });
});

describe('a start', () => {
  test.each([
    [{ textMs: -1 }, 'textMs: -1 is not a number from 0 up'],
    [{ parallel: 0 }, 'parallel: 0 is not a number from 1 up'],
    [{ loadMs: Number.NaN }, 'loadMs: NaN is not a number from 0 up'],
    [{ brain: 'none' as 'sentence' }, 'brain: "none" is none of deterministic, sentence'],
    [{ contextError: 'x' as 'older' }, 'contextError: "x" is none of current, older, oldest, llama-server, openai'],
  ])('with %j is refused', async (options, message) => {
    await expect(startStandIn(options)).rejects.toThrow(message);
  });

  test('on a port in use fails', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    expect(await failure(startStandIn({ port: port ?? 0 }))).toBe('EADDRINUSE');
    other.close();
  });
});

describe('a given brain', () => {
  const brain: Brain = {
    nativeDimensions: 2,
    embed: (texts) => texts.map((text) => Float32Array.of(text.length, 0.5)),
  };

  test('makes the vectors', async () => {
    await withStandIn({ brain }, async (ollama) => {
      expect(vectorsOf(await embed(ollama, ['one', 'four']))).toEqual([
        [3, 0.5],
        [4, 0.5],
      ]);
    });
  });

  test('leads to a 500 if it throws', async () => {
    const failing: Brain = { nativeDimensions: 2, embed: () => Promise.reject(new Error('no memory')) };
    await withStandIn({ brain: failing }, async (ollama) => {
      expect(await embed(ollama, 'a')).toMatchObject({ status: 500, json: { error: 'no memory' } });
    });
  });
});
