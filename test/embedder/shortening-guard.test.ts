import { once } from 'node:events';
import { openEmbedder, type OpenEmbedder } from '../../src/embedder/open-embedder.js';
import { openProvider } from '../../src/embedder/open-provider.js';
import { requireModel } from '../../src/embedder/require-model.js';
import type { Shorten } from '../../src/embedder/model-families.js';
import { createEvents, type Events } from '../../src/telemetry/events.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import type { StandInOptions } from '../../tools/stand-in/options.js';
import { startModelServer, type ModelServer } from '../support/model-server.js';
import { MemoryLog } from '../support/worker-log.js';
import { bareTexts } from '../support/bare-texts.js';

const COLUMN = 64;
const REFUSED = {
  code: 'EMBEDDING_DIMENSIONS',
  message: expect.stringContaining(
    'gives vectors of 96 dimensions, the column holds 64, and the model is not known to be trained for shortening',
  ) as string,
  fix: expect.stringContaining('PALDOCS_EMBEDDING_SHORTEN=any') as string,
};

describe('a server that shortens vectors', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  const stopLater = <T extends { stop: () => Promise<void> }>(server: T): T => {
    closing.push(() => server.stop());
    return server;
  };
  const optionsFor = (kind: 'ollama' | 'openai', { url }: { url: string }, model: string, shorten?: Shorten) => ({
    ...{ kind, url: kind === 'openai' ? `${url}/v1` : url, model, timeoutMs: 5_000, maxTexts: 32 },
    ...(shorten !== undefined && { shorten }),
  });
  const standIn = async (options: Partial<StandInOptions>): Promise<StandIn> =>
    stopLater(await startStandIn({ nativeDimensions: 96, ...options }));

  async function require(kind: 'ollama' | 'openai', server: { url: string }, model: string, shorten?: Shorten) {
    const provider = openProvider({ ...optionsFor(kind, server, model, shorten), connections: 1 });
    closing.push(() => {
      provider.close();
    });
    await requireModel(provider, model, COLUMN, AbortSignal.timeout(5_000));
  }
  function open(kind: 'ollama' | 'openai', server: { url: string }, model: string): OpenEmbedder & { events: Events } {
    const events = createEvents();
    const opened = openEmbedder({
      ...optionsFor(kind, server, model),
      ...{
        dimensions: () => COLUMN,
        instruction: '',
        concurrency: 2,
        targetMs: 250,
        fixedTexts: undefined,
        events,
        log: new MemoryLog(),
      },
    });
    closing.push(() => {
      opened.close();
    });
    return { ...opened, events };
  }
  const embed = ({ embedder }: OpenEmbedder, signal = AbortSignal.timeout(10_000)) =>
    embedder.embed(bareTexts(['a', 'b']), { priority: 0, explore: false, expireMs: 900_000, signal });

  it.each<['ollama' | 'openai', string]>([
    ['ollama', 'bge-m3'],
    ['openai', 'bge-m3'],
    ['openai', 'my-model'],
  ])('is rejected at start with a model not trained for it: %s, %s', async (kind, model) => {
    const server = await standIn({ model });
    await expect(require(kind, server, model)).rejects.toMatchObject(REFUSED);
    await require(kind, server, model, 'any');
  });

  it.each<['ollama' | 'openai', string, number]>([
    ['ollama', 'qwen3-embedding:4b', 96],
    ['openai', 'Qwen/Qwen3-Embedding-4B', 96],
    ['openai', 'my-model', 64],
    ['ollama', 'bge-m3', 64],
  ])('is accepted with any other model: %s, %s with %i dimensions', async (kind, model, nativeDimensions) => {
    const server = await standIn({ model, nativeDimensions });
    await require(kind, server, model);
    const opened = open(kind, server, model);
    expect(await embed(opened)).toEqual([expect.any(Float32Array), expect.any(Float32Array)]);
  });

  it.each<['ollama' | 'openai']>([['ollama'], ['openai']])(
    'and was unreachable at start closes the gate until it has another model: %s',
    async (kind) => {
      let native = 96;
      let isDown = true;
      const server: ModelServer = stopLater(
        await startModelServer(
          ({ body, texts }) => {
            if (isDown) return { status: 503, body: {} };
            const size = Math.min(native, Number(body['dimensions'] ?? native));
            const embeddings = texts.map(() => Array.from({ length: size }, () => 1));
            return { body: { embeddings, data: embeddings.map((embedding) => ({ embedding })) } };
          },
          { other: () => ({ status: isDown ? 503 : 404, body: {} }) },
        ),
      );
      const opened = open(kind, server, 'my-model');
      const signal = AbortSignal.timeout(20_000);
      const closed = once(opened.events, 'gate', { signal });
      const vectors = embed(opened, signal);
      await closed;
      isDown = false;
      await expect(
        opened.provider.embed(['a'], COLUMN, signal), // like the gate's probe
      ).rejects.toMatchObject(REFUSED);
      expect(opened.gate.isOpen).toBe(false);
      native = COLUMN;
      expect(await vectors).toEqual([expect.any(Float32Array), expect.any(Float32Array)]);
    },
  );

  it('is asked for the model’s native dimensions once', async () => {
    const server = stopLater(await startModelServer(() => undefined, { native: COLUMN }));
    const opened = open('openai', server, 'my-model');
    await embed(opened);
    await embed(opened);
    expect(server.requests.map(({ body }) => body['dimensions'])).toEqual([undefined, COLUMN, COLUMN]);
  });

  it('and requires dimensions is trusted', async () => {
    const server = stopLater(
      await startModelServer(
        ({ body }) => (body['dimensions'] === undefined ? { status: 400, body: { error: 'no' } } : undefined),
        { native: COLUMN },
      ),
    );
    expect(await embed(open('openai', server, 'my-model'))).toEqual([
      expect.any(Float32Array),
      expect.any(Float32Array),
    ]);
  });
});
