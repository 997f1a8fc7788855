import { Unanswered } from '../../src/embedder/embedder.js';
import { DrainingError } from '../../src/embedder/errors.js';
import { LONG } from '../../src/embedder/text-embedder.js';
import { openEmbedder, type OpenEmbedder } from '../../src/embedder/open-embedder.js';
import { createEvents, type Events } from '../../src/telemetry/events.js';
import { deterministicVector } from '../../tools/stand-in/deterministic-brain.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { MemoryLog } from '../support/worker-log.js';
import { bareText, bareTexts } from '../support/bare-texts.js';

const DIMENSIONS = 32;
const TEXTS = Array.from({ length: 10 }, (_, i) => `text ${i}`);

describe('a server that limits the texts per request', () => {
  let server: StandIn;
  let events: Events;
  let open: OpenEmbedder;
  let gateClosures: number;
  async function openWith(maxTexts: number, options: { maxBatch?: number; contextTokens?: number }): Promise<void> {
    server = await startStandIn({ recordTexts: true, ...options });
    events = createEvents();
    gateClosures = 0;
    events.on('gate', ({ open: isOpen }) => {
      if (!isOpen) gateClosures += 1;
    });
    open = openEmbedder({
      ...{ kind: 'openai', url: `${server.url}/v1`, model: 'qwen3-embedding:4b', maxTexts, timeoutMs: 10_000 },
      ...{
        dimensions: () => DIMENSIONS,
        instruction: '',
        concurrency: 2,
        targetMs: 250,
        fixedTexts: undefined,
        events,
        log: new MemoryLog(),
      },
    });
  }
  afterEach(async () => {
    open.close();
    await server.stop();
  });

  /** Like the pipeline: long texts are embedded after the others, in parts. */
  const embed = async (texts: readonly string[]) => {
    const options = { priority: 0, explore: false, expireMs: 900_000, signal: AbortSignal.timeout(20_000) };
    const results = await open.embedder.embed(bareTexts(texts), options);
    return await Promise.all(
      results.map(async (result, i) =>
        result === LONG ? await open.embedder.embedLong(bareText(texts[i] ?? ''), options) : result,
      ),
    );
  };
  const sent = () => server.requests.map(({ texts, status }) => [texts, status]);

  it('never gets more texts than the configured maximum', async () => {
    await openWith(4, { maxBatch: 4 });
    const vectors = await embed(TEXTS);
    expect(sent()).toEqual([
      [4, 200],
      [4, 200],
      [2, 200],
    ]);
    expect(vectors).toEqual(TEXTS.map((text) => deterministicVector(text, DIMENSIONS)));
  });

  it('gets halves of a batch that it rejects; no text is at fault and the gate stays open', async () => {
    await openWith(32, { maxBatch: 4 });
    const vectors = await embed(TEXTS);
    expect(sent().filter(([, status]) => status === 422)).toEqual([
      [10, 422],
      [5, 422],
      [5, 422],
    ]);
    expect(vectors).toEqual(TEXTS.map((text) => deterministicVector(text, DIMENSIONS)));
    expect(gateClosures).toBe(0);
    server.forgetRequests();
    await embed(TEXTS);
    expect(sent()).toEqual([3, 3, 3, 1].map((texts) => [texts, 200]));
  });

  it('gets no further request of a batch after a shutdown; what it has embedded is kept', async () => {
    await openWith(4, { maxBatch: 4 });
    server.faults.add({ preset: 'hang', endpoint: '/v1/embeddings' });
    const embedding = embed(TEXTS);
    await server.waitFor(({ stats }) => stats.hanging === 1);
    open.embedder.drain();
    server.faults.clear();
    const vectors = await embedding;
    expect(sent()).toEqual([[4, 200]]);
    expect(vectors.slice(0, 4)).toEqual(TEXTS.slice(0, 4).map((text) => deterministicVector(text, DIMENSIONS)));
    expect(vectors.slice(4)).toEqual(TEXTS.slice(4).map(() => new Unanswered(expect.any(DrainingError))));
  });

  it('gets a text longer than its context in parts, and a short one as a whole', async () => {
    await openWith(32, { contextTokens: 50 });
    const splits: number[] = [];
    events.on('split', ({ parts }) => splits.push(parts));
    const vectors = await embed(['short', 'A sentence that repeats. '.repeat(12)]);
    expect(vectors).toEqual([deterministicVector('short', DIMENSIONS), expect.any(Float32Array)]);
    expect(splits).toEqual([2]);
    expect(gateClosures).toBe(0);
  });
});
