import { meanVector } from '../../src/embedder/embed-in-parts.js';
import { openEmbedder, type OpenEmbedder } from '../../src/embedder/open-embedder.js';
import { LONG } from '../../src/embedder/text-embedder.js';
import { createEvents, type Events } from '../../src/telemetry/events.js';
import {
  startModelServer,
  vectorOf,
  type ModelAnswer,
  type ModelRequest,
  type ModelServer,
} from '../support/model-server.js';
import { MemoryLog } from '../support/worker-log.js';
import { bareText, bareTexts } from '../support/bare-texts.js';

const DIMENSIONS = 8;
const CRASH: ModelAnswer = {
  status: 400,
  body: { error: 'do embedding request: Post "http://127.0.0.1:1/embedding": EOF' },
};
const TOO_LARGE: ModelAnswer = {
  status: 413,
  body: '<html><head><title>413 Request Entity Too Large</title></head><body><center>nginx</center></body></html>',
};
/** A text of this many characters, in sentences. */
const textOf = (length: number) => 'A sentence of thirty letters. '.repeat(Math.ceil(length / 30)).slice(0, length);

describe('a text that crashes the server or that a proxy rejects', () => {
  let server: ModelServer;
  let events: Events;
  let open: OpenEmbedder;
  let splits: number[];
  let closures: number;
  async function serve(kind: 'ollama' | 'openai', answer: (request: ModelRequest) => ModelAnswer | undefined) {
    server = await startModelServer(answer, { native: DIMENSIONS });
    events = createEvents();
    splits = [];
    closures = 0;
    events.on('split', ({ parts }) => splits.push(parts));
    events.on('gate', ({ open: isOpen }) => (closures += isOpen ? 0 : 1));
    open = openEmbedder({
      ...{ kind, url: server.url, model: 'qwen3-embedding:4b', maxTexts: 32, timeoutMs: 5_000 },
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
  const embed = async (...texts: string[]) => {
    const options = { priority: 0, explore: false, expireMs: 900_000, signal: AbortSignal.timeout(20_000) };
    const results = await open.embedder.embed(bareTexts(texts), options);
    return await Promise.all(
      results.map(async (result, i) =>
        result === LONG ? await open.embedder.embedLong(bareText(texts[i] ?? ''), options) : result,
      ),
    );
  };
  /** Lengths of the texts that were sent alone, without the gate's probes. */
  const sentAlone = () =>
    server.requests
      .filter(({ texts }) => texts.length === 1 && !texts[0]?.startsWith('The quick'))
      .map(({ texts }) => texts[0]?.length ?? 0);
  const longerThan = (limit: number, answer: ModelAnswer) => (request: ModelRequest) =>
    request.texts.some((text) => text.length > limit) ? answer : undefined;

  it.each<['ollama' | 'openai', ModelAnswer]>([
    ['ollama', CRASH],
    ['openai', CRASH],
    ['ollama', { status: 500, body: { error: 'internal server error' } }],
    ['openai', { status: 502, body: 'Bad Gateway' }],
  ])('gets the mean of its halves after it failed alone three times: %s, %j', async (kind, answer) => {
    await serve(kind, longerThan(1_000, answer));
    const text = textOf(1_800);
    const [vector] = await embed(text);
    expect(sentAlone()).toEqual([1_800, 1_800, 1_800, 900, 900]);
    expect(splits).toEqual([2]);
    vectorOf(textOf(900), DIMENSIONS).forEach((value, i) => {
      expect((vector as Float32Array)[i]).toBeCloseTo(value, 5);
    });
  });

  it('is halved again if a half fails, and each part is sent once', async () => {
    await serve('ollama', longerThan(600, CRASH));
    const [vector] = await embed(textOf(2_400));
    expect(vector).toBeInstanceOf(Float32Array);
    expect(sentAlone()).toEqual([2_400, 2_400, 2_400, 1_200, 1_200, 600, 600, 600, 600]);
    expect(splits).toEqual([4]);
  });

  it('is at fault, with the error of the whole text, if a short part fails, too', async () => {
    await serve('ollama', ({ texts }) => (texts.some((text) => text.includes('bad')) ? CRASH : undefined));
    const [result] = await embed(`bad ${textOf(900)}`);
    expect(result).toMatchObject({ code: 'OLLAMA_RUNNER_CRASHED' });
    expect(sentAlone()).toHaveLength(4);
    expect(splits).toEqual([]);
  });

  it('has its context before each of its parts', async () => {
    await serve('ollama', longerThan(1_000, TOO_LARGE));
    const options = { priority: 0, explore: false, expireMs: 900_000, signal: AbortSignal.timeout(20_000) };
    const context = 'Guide > Set-up\n';
    const vector = await open.embedder.embedLong({ context, text: textOf(1_800) }, options);
    expect(sentAlone()).toEqual([1_815, 915, 915]);
    expect(server.requests.flatMap(({ texts }) => texts).every((text) => text.startsWith(context))).toBe(true);
    vectorOf(context + textOf(900), DIMENSIONS).forEach((value, i) => {
      expect((vector as Float32Array)[i]).toBeCloseTo(value, 5);
    });
  });

  it('is halved together with its context if that is longer than a half', async () => {
    await serve('ollama', longerThan(600, TOO_LARGE));
    const options = { priority: 0, explore: false, expireMs: 900_000, signal: AbortSignal.timeout(20_000) };
    const vector = await open.embedder.embedLong({ context: textOf(900), text: textOf(90) }, options);
    expect(vector).toBeInstanceOf(Float32Array);
    expect(sentAlone()[0]).toBe(990);
    expect(
      sentAlone()
        .slice(1)
        .reduce((sum, length) => sum + length, 0),
    ).toBeGreaterThan(980);
    expect(splits).toEqual([2]);
  });

  it('takes at most eight more requests', async () => {
    await serve('ollama', ({ texts }) => (texts.some((text) => text.length > 100) ? CRASH : undefined));
    const [result] = await embed(textOf(100_000));
    expect(result).toMatchObject({ code: 'OLLAMA_RUNNER_CRASHED' });
    expect(sentAlone().length).toBeLessThanOrEqual(3 + 8);
  });

  it('is at fault without a split if it has at most 512 characters', async () => {
    await serve('ollama', longerThan(500, CRASH));
    expect(await embed(textOf(512))).toMatchObject([{ code: 'OLLAMA_RUNNER_CRASHED' }]);
    expect(sentAlone()).toEqual([512, 512, 512]);
  });

  it('is halved again while the server rejects its parts as too long', async () => {
    await serve('ollama', ({ texts }) =>
      texts.some(({ length }) => length > 1_100)
        ? CRASH
        : texts.some(({ length }) => length > 600)
          ? TOO_LARGE
          : undefined,
    );
    expect(await embed(textOf(2_000))).toEqual([expect.any(Float32Array)]);
    expect(splits).toEqual([4]);
  });

  it.each<'ollama' | 'openai'>(['ollama', 'openai'])(
    'is split if a proxy rejects it as too large, and the gate stays open: %s',
    async (kind) => {
      await serve(kind, longerThan(500, TOO_LARGE));
      const results = await embed('short', textOf(900), 'other');
      expect(results).toEqual([expect.any(Float32Array), expect.any(Float32Array), expect.any(Float32Array)]);
      expect(splits).toEqual([2]);
      expect(closures).toBe(0);
    },
  );

  it('is sent in smaller batches if a proxy rejects the batch as too large', async () => {
    await serve('ollama', ({ texts }) => (texts.join('').length > 1_000 ? TOO_LARGE : undefined));
    const results = await embed(...Array.from({ length: 8 }, () => textOf(400)));
    expect(results.every((result) => result instanceof Float32Array)).toBe(true);
    expect(server.requests.map(({ texts }) => texts.length)).toEqual([8, 4, 2, 2, 4, 2, 2]);
    expect(splits).toEqual([]);
    expect(closures).toBe(0);
  });

  it('is not at fault if the proxy rejects every text', async () => {
    let isOpen = false;
    await serve('ollama', () => (isOpen ? undefined : TOO_LARGE));
    const result = embed('short');
    await new Promise((resolve) => events.once('gate', resolve));
    isOpen = true;
    expect(await result).toEqual([expect.any(Float32Array)]);
  });
});

describe('the vector of a text in parts', () => {
  it('is the mean of the parts, weighted by length and normalised', () => {
    const mean = meanVector([
      { vector: Float32Array.of(1, 0), weight: 3 },
      { vector: Float32Array.of(0, 1), weight: 4 },
    ]);
    expect(mean).toBeInstanceOf(Float32Array);
    expect((mean as Float32Array)[0]).toBeCloseTo(0.6, 6);
    expect((mean as Float32Array)[1]).toBeCloseTo(0.8, 6);
  });

  it('is that of a single part', () => {
    expect(meanVector([{ vector: Float32Array.of(0.6, 0.8), weight: 5 }])).toEqual(Float32Array.of(0.6, 0.8));
  });

  it('is an error if the parts cancel out', () => {
    const mean = meanVector([
      { vector: Float32Array.of(1, 0), weight: 1 },
      { vector: Float32Array.of(-1, 0), weight: 1 },
    ]);
    expect(mean).toMatchObject({ code: 'EMBEDDING_ZERO' });
  });
});
