import { openEmbedder, type OpenEmbedder } from '../../src/embedder/open-embedder.js';
import { createEvents } from '../../src/telemetry/events.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { Balancer } from '../support/balancer.js';
import { MemoryLog } from '../support/worker-log.js';

/** Less than a connection lives: it must not take the end of one to get away from a sick server. */
const SOON_MS = 4_000;

describe('of two servers behind one address, one of which is sick', () => {
  let sick: StandIn;
  let well: StandIn;
  let balancer: Balancer;
  let open: OpenEmbedder;
  beforeEach(async () => {
    [sick, well, balancer] = await Promise.all([startStandIn(), startStandIn(), Balancer.start()]);
    balancer.sendTo(sick, well);
    open = openEmbedder({
      kind: 'ollama',
      maxTexts: Infinity,
      url: balancer.url,
      model: 'qwen3-embedding:4b',
      dimensions: () => 32,
      instruction: '',
      timeoutMs: 10_000,
      concurrency: 2,
      events: createEvents(),
      log: new MemoryLog(),
    });
  });
  afterEach(async () => {
    open.close();
    await Promise.all([balancer.stop(), sick.stop(), well.stop()]);
  });

  it.each(['crash-gone', 'unavailable', 'drop-after-reading'] as const)(
    '("%s") a text is embedded by the other',
    async (preset) => {
      sick.faults.add(preset);
      const [vector] = await open.embedder.embed(['a text'], {
        priority: 0,
        expireMs: 900_000,
        signal: AbortSignal.timeout(SOON_MS),
      });
      expect(vector).toBeInstanceOf(Float32Array);
      expect(sick.stats.requests).toBeGreaterThan(0);
    },
  );
});
