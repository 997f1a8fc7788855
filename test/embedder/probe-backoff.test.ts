import { setTimeout as sleep } from 'node:timers/promises';
import { openEmbedder } from '../../src/embedder/open-embedder.js';
import { createEvents } from '../../src/telemetry/events.js';
import { startStandIn } from '../../tools/stand-in/stand-in.js';
import { MemoryLog } from '../support/worker-log.js';
import { bareTexts } from '../support/bare-texts.js';

/** In half a second, the backoff allows about a dozen requests. */
const OBSERVED_MS = 500;
const MAX_REQUESTS = 50;

describe('a server that embeds the probe but is too busy for the texts', () => {
  it('is probed with a growing backoff', async () => {
    const ollama = await startStandIn();
    ollama.faults.add({ preset: 'busy', text: 'ours' });
    const open = openEmbedder({
      kind: 'ollama',
      maxTexts: Infinity,
      url: ollama.url,
      model: 'qwen3-embedding:4b',
      dimensions: () => 32,
      instruction: '',
      timeoutMs: 5_000,
      concurrency: 2,
      targetMs: 250,
      fixedTexts: undefined,
      events: createEvents(),
      log: new MemoryLog(),
    });
    const embedding = open.embedder.embed(bareTexts(['ours']), {
      priority: 0,
      explore: false,
      expireMs: 900_000,
      signal: AbortSignal.timeout(20_000),
    });
    try {
      await sleep(OBSERVED_MS); // the test measures a rate
      expect(ollama.stats.requests).toBeLessThan(MAX_REQUESTS);
      ollama.faults.clear();
      expect(await embedding).toEqual([expect.any(Float32Array)]);
    } finally {
      open.embedder.drain();
      await embedding.catch(() => undefined);
      open.close();
      await ollama.stop();
    }
  });
});
