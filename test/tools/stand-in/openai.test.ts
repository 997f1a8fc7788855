import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isVectorOf } from '../../../tools/stand-in/deterministic-brain.js';
import type { StandInOptions } from '../../../tools/stand-in/options.js';
import { startStandIn, type StandIn } from '../../../tools/stand-in/stand-in.js';
import { call, MODEL, withStandIn, type Reply } from './client.js';

interface Item {
  readonly index: number;
  readonly embedding: number[] | string;
}

const embed = (server: { url: string }, input: unknown, more: object = {}) =>
  call(server.url, 'POST', '/v1/embeddings', { model: MODEL, input, ...more });
const itemsOf = (reply: Reply) => reply.json.data as Item[];
const floatsOf = (base64: unknown) => {
  const bytes = Buffer.from(base64 as string, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
};

let server: StandIn;
beforeAll(async () => {
  server = await startStandIn({ contextTokens: 100 });
});
afterAll(() => server.stop());

describe('POST /v1/embeddings', () => {
  test('answers one vector per text, numbered, in OpenAI’s format', async () => {
    const reply = await embed(server, ['one', 'two'], { dimensions: 64 });
    expect(reply).toMatchObject({
      status: 200,
      json: { object: 'list', model: MODEL, usage: { prompt_tokens: 2, total_tokens: 2 } },
    });
    expect(itemsOf(reply).map(({ index, embedding }) => [index, embedding.length])).toEqual([
      [0, 64],
      [1, 64],
    ]);
    expect(isVectorOf('two', itemsOf(reply)[1]?.embedding as number[])).toBe(true);
    expect(server.requests.at(-1)).toMatchObject({ texts: 2, dimensions: 64, embedded: true });
  });

  test('takes a single string, and uses the native dimensions by default', async () => {
    expect(itemsOf(await embed(server, 'one'))[0]?.embedding).toHaveLength(2560);
  });

  test('answers the same values in base64', async () => {
    const floats = itemsOf(await embed(server, 'one', { dimensions: 64 }))[0]?.embedding as number[];
    const [item] = itemsOf(await embed(server, 'one', { dimensions: 64, encoding_format: 'base64' }));
    expect(floatsOf(item?.embedding)).toEqual(floats.map(Math.fround));
  });

  test.each([
    ['no input', { model: MODEL }, 400, /input/],
    ['an empty array', { model: MODEL, input: [] }, 400, /input/],
    ['an empty text', { model: MODEL, input: ['a', ''] }, 400, /input/],
    ['a number', { model: MODEL, input: ['a', 1] }, 400, /input/],
    ['dimensions of 0', { model: MODEL, input: 'a', dimensions: 0 }, 400, /dimensions/],
    ['another encoding', { model: MODEL, input: 'a', encoding_format: 'hex' }, 400, /encoding_format/],
    ['an unknown model', { model: 'x', input: 'a' }, 404, /model "x" not found/],
    ['a text that is too long', { model: MODEL, input: 'x'.repeat(401) }, 400, /context length/],
  ])('refuses %s in the shape of OpenAI', async (_, body, status, message) => {
    const reply = await call(server.url, 'POST', '/v1/embeddings', body);
    expect(reply).toMatchObject({
      status,
      json: { error: { message: expect.stringMatching(message), type: 'invalid_request_error' } },
    });
  });

  test.each<[string, Partial<StandInOptions>, object, number, RegExp]>([
    ['refuse dimensions', { refuseDimensions: true }, { dimensions: 64 }, 400, /matryoshka/],
    ['limit the number of texts', { maxBatch: 1 }, {}, 422, /batch size 2 > maximum allowed batch size 1/],
    ['require a key, and repeat a wrong one', { apiKey: 'right' }, {}, 401, /Incorrect API key provided/],
  ])('can %s', async (_, options, more, status, message) => {
    await withStandIn(options, async (other) => {
      const reply = await embed(other, ['a', 'b'], more);
      expect(reply.status).toBe(status);
      expect(reply.text).toMatch(message);
    });
  });

  test('can ignore a request for base64, and answer in another order', async () => {
    await withStandIn({ ignoreBase64: true, reverse: true }, async (other) => {
      const items = itemsOf(await embed(other, ['a', 'b'], { dimensions: 64, encoding_format: 'base64' }));
      expect(items.map(({ index }) => index)).toEqual([1, 0]);
      expect(isVectorOf('b', items[0]?.embedding as number[])).toBe(true);
    });
  });

  test.each([
    ['zero-vectors', 'base64', [0, 0]],
    ['null-value', 'base64', [Number.NaN, expect.any(Number)]],
    ['null-value', 'float', [null, expect.any(Number)]],
    ['infinite-value', 'base64', [Infinity, expect.any(Number)]],
  ] as const)('has %s as %s', async (preset, encoding, expected) => {
    const fault = server.faults.add(preset);
    const [item] = itemsOf(await embed(server, 'one', { dimensions: 2, encoding_format: encoding }));
    fault.remove();
    expect(encoding === 'float' ? item?.embedding : floatsOf(item?.embedding)).toEqual(expected);
  });

  test.each([
    ['busy', 503, { message: expect.stringMatching(/^server busy/), type: 'server_error' }],
    ['poison', 400, { message: 'the input cannot be embedded' }],
    ['crash-eof', 400, { message: expect.stringMatching(/EOF$/) }],
    ['no-model', 404, { code: 'model_not_found' }],
    ['quota', 429, { code: 'insufficient_quota' }],
  ] as const)('has the fault %s in its own shape', async (preset, status, error) => {
    const fault = server.faults.add(preset);
    const reply = await embed(server, 'one');
    fault.remove();
    expect(reply).toMatchObject({ status, json: { error } });
  });
});

describe('GET /v1/models', () => {
  test('lists the models', async () => {
    const { json } = await call(server.url, 'GET', '/v1/models');
    expect((json.data as { id: string }[]).map(({ id }) => id)).toEqual([MODEL, 'llama3.2:3b']);
  });
});
