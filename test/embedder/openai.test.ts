import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { embedOnce } from '../../src/embedder/embed-once.js';
import { OpenAi } from '../../src/embedder/openai.js';
import { deterministicVector } from '../../tools/stand-in/deterministic-brain.js';
import type { StandInOptions } from '../../tools/stand-in/options.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';

const MODEL = 'qwen3-embedding:4b';
const DIMENSIONS = 64;
const NEVER = new AbortController().signal;
const TEXTS = ['one', 'two', 'three'];
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function clientOf(url: string, { model = MODEL, key }: { model?: string; key?: string } = {}): OpenAi {
  const token = key === undefined ? undefined : () => key;
  const client = new OpenAi({ url: `${url}/v1`, model, token, timeoutMs: 10_000, connections: 2, maxTexts: 32 });
  closing.push(() => {
    client.close();
  });
  return client;
}

async function standIn(options: Partial<StandInOptions>): Promise<StandIn> {
  const server = await startStandIn({ recordTexts: true, ...options });
  closing.push(() => server.stop());
  return server;
}

const embed = (provider: OpenAi, texts = TEXTS, model = MODEL, dimensions = DIMENSIONS) =>
  embedOnce({ provider, model, dimensions, instruction: '', signal: NEVER }, texts);

describe('a server that', () => {
  it.each<[string, Partial<StandInOptions>]>([
    ['supports everything', {}],
    ['ignores base64', { ignoreBase64: true }],
    ['answers in another order', { reverse: true }],
    ['answers with floats in another order', { reverse: true, ignoreBase64: true }],
    ['refuses dimensions', { refuseDimensions: true }],
    ['ignores dimensions', { ignoreDimensions: true }],
    ['asks for a key', { apiKey: 'k3y' }],
  ])('%s: each text gets its vector', async (_, options) => {
    const server = await standIn(options);
    const vectors = await embed(clientOf(server.url, { key: 'k3y' }));
    TEXTS.forEach((text, i) => {
      const expected = deterministicVector(text, DIMENSIONS);
      vectors[i]?.forEach((value, at) => {
        expect(value).toBeCloseTo(expected[at] ?? Number.NaN, 4);
      });
      expect(vectors[i]).toHaveLength(DIMENSIONS);
    });
  });

  it('refuses dimensions is sent them once', async () => {
    const server = await standIn({ refuseDimensions: true });
    const client = clientOf(server.url);
    await embed(client);
    await embed(client);
    expect(server.requests.map(({ dimensions, status }) => [dimensions, status])).toEqual([
      [DIMENSIONS, 400],
      [undefined, 200],
      [undefined, 200],
    ]);
  });

  it('rejects a text with a message about dimensions is sent them again', async () => {
    const server = await standIn({});
    const client = clientOf(server.url);
    const effect = { kind: 'status', status: 400, error: 'no dimensions for this text' } as const;
    server.faults.add({ effect, text: 'bad' });
    await expect(embed(client, ['bad'])).rejects.toMatchObject({ code: 'OPENAI_REJECTED' });
    await embed(client, ['good']);
    expect(server.requests.at(-1)).toMatchObject({ dimensions: DIMENSIONS, status: 200 });
  });

  it.each([
    ['longer vectors than the column holds, of a model not trained for shortening', 128, /not known to be trained/],
    ['shorter vectors than the column holds', 32, /gives vectors of 32 dimensions, the column holds 64/],
  ])('refuses dimensions and returns %s is misconfigured', async (_, nativeDimensions, message) => {
    const server = await standIn({ refuseDimensions: true, nativeDimensions, model: 'bge-m3' });
    await expect(embed(clientOf(server.url, { model: 'bge-m3' }), TEXTS, 'bge-m3')).rejects.toMatchObject({
      code: 'EMBEDDING_DIMENSIONS',
      message: expect.stringMatching(message) as string,
    });
  });

  it('refuses the key: the error does not contain the key', async () => {
    const server = await standIn({ apiKey: 'right' });
    const failure: unknown = await embed(clientOf(server.url, { key: 'wrong-canary' })).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({
      code: 'OPENAI_UNAUTHORIZED',
      fix: expect.stringContaining('PALDOCS_OPENAI_API_KEY') as string,
    });
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('canary');
  });

  it('repeats the end of the key: the error does not contain it', async () => {
    const server = await standIn({});
    server.faults.add({ effect: { kind: 'status', status: 401, error: 'Incorrect API key provided: wr***-canary' } });
    const failure: unknown = await embed(clientOf(server.url, { key: 'wrong-canary' })).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'OPENAI_UNAUTHORIZED' });
    expect((failure as Error).message).not.toContain('canary');
  });

  it('repeats the text in its error: our error does not contain it', async () => {
    const server = await standIn({});
    const text = 'a text with a canary that sings';
    server.faults.add({ effect: { kind: 'status', status: 422, error: `Cannot embed: ${text}` }, text: 'canary' });
    const failure: unknown = await embed(clientOf(server.url), [text]).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'OPENAI_REJECTED',
      message: expect.stringContaining('Cannot embed: [the text]') as string,
    });
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('canary');
  });
});

describe('a response', () => {
  let server: Server;
  let answer: { status?: number; body: unknown };
  const bodies: Record<string, unknown>[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        if (body !== '') bodies.push(JSON.parse(body) as Record<string, unknown>);
        response.writeHead(answer.status ?? 200).end(JSON.stringify(answer.body));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const client = (model?: string) =>
    clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, model === undefined ? {} : { model });
  const base64 = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer).toString('base64');

  it.each<[string, unknown]>([
    [
      'null as index',
      {
        data: [
          { index: null, embedding: [1, 0] },
          { index: null, embedding: base64(0, 1) },
        ],
      },
    ],
    ['one index missing', { data: [{ index: 0, embedding: [1, 0] }, { embedding: [0, 1] }] }],
    [
      'indexes as strings',
      {
        data: [
          { index: '1', embedding: [0, 1] },
          { index: '0', embedding: [1, 0] },
        ],
      },
    ],
    ['no indexes', { data: [{ embedding: [1, 0] }, { embedding: base64(0, 1) }] }],
    [
      'indexes in another order',
      {
        data: [
          { index: 1, embedding: [0, 1] },
          { index: 0, embedding: base64(1, 0) },
        ],
      },
    ],
  ])('with %s is read', async (_, body) => {
    answer = { body };
    expect(await embed(client(), ['a', 'b'], MODEL, 2)).toEqual([Float32Array.of(1, 0), Float32Array.of(0, 1)]);
  });

  it.each<[string, unknown]>([
    [
      'an index twice',
      {
        data: [
          { index: 0, embedding: [1, 0] },
          { index: 0, embedding: [0, 1] },
        ],
      },
    ],
    [
      'indexes from 1',
      {
        data: [
          { index: 1, embedding: [1, 0] },
          { index: 2, embedding: [0, 1] },
        ],
      },
    ],
    ['a missing index that another vector has', { data: [{ index: 1, embedding: [1, 0] }, { embedding: [0, 1] }] }],
    ['too few vectors', { data: [{ index: 0, embedding: [1, 0] }] }],
    ['no vectors', { data: [{ index: 0 }, { index: 1 }] }],
    ['no objects', { data: [1, 2] }],
    [
      'base64 that is not float32',
      {
        data: [
          { index: 0, embedding: 'AAA=' },
          { index: 1, embedding: base64(0, 1) },
        ],
      },
    ],
    [
      'a string that is not base64',
      {
        data: [
          { index: 0, embedding: '1, 0, 0, 0, 1, 0' },
          { index: 1, embedding: base64(0, 1) },
        ],
      },
    ],
    ['an error with status 200', { error: { message: 'no', code: 502 } }],
    ['a list', []],
  ])('with %s is garbled, and any text may be at fault', async (_, body) => {
    answer = { body };
    await expect(embed(client(), ['a', 'b'], MODEL, 2)).rejects.toMatchObject({
      code: 'OPENAI_GARBLED',
      inputMayBeAtFault: true,
      message: expect.stringMatching(/^the embedding server answered with /) as string,
    });
  });

  it('with NaN in base64 puts the text at fault', async () => {
    answer = { body: { data: [{ index: 0, embedding: base64(Number.NaN, 1) }] } };
    await expect(embed(client(), ['a'], MODEL, 2)).rejects.toMatchObject({ code: 'EMBEDDING_NOT_FINITE' });
  });

  it('that refuses base64, then dimensions, gets a request without both', async () => {
    bodies.length = 0;
    answer = { status: 422, body: { detail: [{ loc: ['body', 'encoding_format'], msg: 'Extra inputs', input: 'x' }] } };
    await expect(embed(client(), ['a'])).rejects.toMatchObject({ code: 'OPENAI_REJECTED' });
    answer = { status: 400, body: { message: 'encoding_format and dimensions are unknown' } };
    await expect(embed(client(), ['a'])).rejects.toMatchObject({ code: 'OPENAI_REJECTED' });
    const optional = bodies.map((body) => ['dimensions', 'encoding_format'].filter((name) => name in body).length);
    expect(optional).toEqual([2, 1, 2, 1, 0]);
  });

  it.each<[string, string, { status?: number; body: unknown }, object]>([
    ['vLLM', 'a', { body: { data: [{ id: 'a', max_model_len: 8192 }] } }, { contextLength: 8192, dimensions: null }],
    [
      'llama.cpp',
      'a',
      { body: { data: [{ id: 'a', meta: { n_embd: 768, n_ctx_train: 2048 } }] } },
      { contextLength: 2048, dimensions: 768 },
    ],
    ['another model’s server', 'b', { body: { data: [{ id: 'a' }] } }, { canEmbed: true, listedInstead: ['a'] }],
    ['TEI, which has no list', 'a', { status: 404, body: '' }, { canEmbed: true, dimensions: null }],
    ['a key that may not list models', 'a', { status: 403, body: {} }, { canEmbed: true, dimensions: null }],
  ])('of %s to a request for its models is understood', async (_, model, given, expected) => {
    answer = given;
    expect(await client(model).describe(NEVER)).toMatchObject(expected);
  });

  it('with a 5xx to a request for its models is an outage', async () => {
    answer = { status: 502, body: '' };
    await expect(client().describe(NEVER)).rejects.toMatchObject({ code: 'OPENAI_SERVER_ERROR' });
    await expect(client().version(NEVER)).rejects.toMatchObject({ code: 'OPENAI_SERVER_ERROR' });
  });
});
