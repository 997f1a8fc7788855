import { openEmbedder, type OpenEmbedder } from '../../src/embedder/open-embedder.js';
import { createEvents } from '../../src/telemetry/events.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { MemoryLog } from '../support/worker-log.js';
import { bareText, bareTexts } from '../support/bare-texts.js';

const DIMENSIONS = 32;
const LONG_TEXT = 'A sentence that repeats. '.repeat(12);

describe('what requests cost', () => {
  let server: StandIn;
  let open: OpenEmbedder;
  beforeEach(async () => {
    server = await startStandIn({ requestMs: 4, textMs: 1, contextTokens: 50, recordTexts: true });
    open = openEmbedder({
      ...{ kind: 'openai', url: `${server.url}/v1`, model: 'qwen3-embedding:4b', maxTexts: 32, timeoutMs: 10_000 },
      ...{ dimensions: () => DIMENSIONS, instruction: '', concurrency: 2, targetMs: 250, fixedTexts: undefined },
      ...{ events: createEvents(), log: new MemoryLog() },
    });
  });
  afterEach(async () => {
    open.close();
    await server.stop();
  });

  const options = () => ({ priority: 0, explore: false, expireMs: 900_000, signal: AbortSignal.timeout(20_000) });
  const embed = async (count: number) => {
    await open.embedder.embed(bareTexts(Array.from({ length: count }, (_, i) => `text ${i}`)), options());
  };
  const learn = async () => {
    for (let i = 0; i < 8; i++) for (const count of [10, 2]) await embed(count);
    return open.size.cost;
  };

  it('is learned from those of batches, however few texts they have', async () => {
    expect(open.size.cost).toBeUndefined();
    const cost = await learn();
    expect(cost?.textMs).toBeGreaterThan(0.5);
    await embed(1);
    expect(open.size.cost).not.toEqual(cost);
  });

  it('is not learned from the parts of a long text', async () => {
    const cost = await learn();
    server.forgetRequests();
    await open.embedder.embedLong(bareText(LONG_TEXT), options());
    expect(server.requests.length).toBeGreaterThan(2);
    expect(open.size.cost).toEqual(cost);
  });

  it('is not learned from requests that failed, or repeat the texts of one that failed', async () => {
    const cost = await learn();
    server.faults.add({ preset: 'poison', text: 'text 3' });
    await embed(8);
    expect(open.size.cost).toEqual(cost);
  });
});
