import { openEmbedder, type OpenEmbedder } from '../../src/embedder/open-embedder.js';
import { createEvents } from '../../src/telemetry/events.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { Balancer } from '../support/balancer.js';
import { MemoryLog } from '../support/worker-log.js';
import { bareTexts } from '../support/bare-texts.js';

/** Shorter than the lifetime of a connection: the worker must leave a failing server before its connection expires. */
const SOON_MS = 4_000;

describe('two servers behind one address, one of which fails', () => {
  let failing: StandIn;
  let healthy: StandIn;
  let balancer: Balancer;
  let open: OpenEmbedder;
  beforeEach(async () => {
    [failing, healthy, balancer] = await Promise.all([startStandIn(), startStandIn(), Balancer.start()]);
    balancer.sendTo(failing, healthy);
    open = openEmbedder({
      kind: 'ollama',
      maxTexts: Infinity,
      url: balancer.url,
      model: 'qwen3-embedding:4b',
      dimensions: () => 32,
      instruction: '',
      timeoutMs: 10_000,
      concurrency: 2,
      targetMs: 250,
      fixedTexts: undefined,
      events: createEvents(),
      log: new MemoryLog(),
    });
  });
  afterEach(async () => {
    open.close();
    await Promise.all([balancer.stop(), failing.stop(), healthy.stop()]);
  });

  it.each(['crash-gone', 'unavailable', 'drop-after-reading'] as const)(
    'embed a text on the other one: "%s"',
    async (preset) => {
      failing.faults.add(preset);
      const [vector] = await open.embedder.embed(bareTexts(['a text']), {
        priority: 0,
        explore: false,
        expireMs: 900_000,
        signal: AbortSignal.timeout(SOON_MS),
      });
      expect(vector).toBeInstanceOf(Float32Array);
      expect(failing.stats.requests).toBeGreaterThan(0);
    },
  );
});
