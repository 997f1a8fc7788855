import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isVectorOf } from '../../../tools/stand-in/deterministic-brain.js';
import { startStandIn, type StandIn } from '../../../tools/stand-in/stand-in.js';
import { call, embed, MODEL, vectorsOf, withStandIn } from './client.js';

let ollama: StandIn;
beforeAll(async () => {
  ollama = await startStandIn({ contextTokens: 100 });
});
afterAll(() => ollama.stop());

describe('POST /api/embed', () => {
  test('answers one vector per text, in order, with the durations in nanoseconds', async () => {
    const reply = await embed(ollama, ['one', 'two', 'one'], { dimensions: 768 });
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(reply.json).toMatchObject({
      model: MODEL,
      total_duration: expect.any(Number),
      load_duration: expect.any(Number),
      prompt_eval_count: 3,
    });
    expect(vectorsOf(reply).map((vector) => [isVectorOf('one', vector), isVectorOf('two', vector)])).toEqual([
      [true, false],
      [false, true],
      [true, false],
    ]);
  });

  test('takes a single string', async () => {
    const reply = await embed(ollama, 'one', { dimensions: 768 });
    expect(vectorsOf(reply)).toHaveLength(1);
  });

  test.each([
    [undefined, 2560],
    [0, 2560],
    [-5, 2560],
    [32, 32],
    [768, 768],
    [2559, 2559],
    [2560, 2560],
    [4000, 2560],
  ])('asked for %p dimensions gives %i', async (dimensions, expected) => {
    const [vector = []] = vectorsOf(await embed(ollama, 'one', { dimensions }));
    expect(vector).toHaveLength(expected);
    expect(isVectorOf('one', vector)).toBe(true);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 4);
  });

  test.each([
    ['an empty array', []],
    ['an empty string', ''],
    ['null', null],
    ['nothing', undefined],
  ])('answers no vectors to %s', async (_, input) => {
    expect(await embed(ollama, input)).toMatchObject({ status: 200, json: { model: MODEL, embeddings: [] } });
  });

  test('embeds an empty string within an array', async () => {
    expect(vectorsOf(await embed(ollama, ['']))).toHaveLength(1);
  });

  test.each([
    ['no body', undefined, 400, /^missing request body$/],
    ['malformed JSON', '{"model":', 400, /invalid character/],
    ['JSON that is no object', '[]', 400, /cannot unmarshal/],
    ['an input that is a number', { model: MODEL, input: 5 }, 400, /^invalid input type$/],
    ['an array holding a number', { model: MODEL, input: ['a', 5] }, 400, /^invalid input type$/],
    ['dimensions that are no integer', { model: MODEL, input: 'a', dimensions: '7' }, 400, /dimensions/],
    ['a truncate that is no boolean', { model: MODEL, input: 'a', truncate: 'no' }, 400, /truncate/],
    ['no model', { input: 'a' }, 404, /^model '' not found$/],
    ['an unknown model', { model: 'x', input: 'a' }, 404, /^model "x" not found, try pulling it first$/],
    ['a chat model', { model: 'llama3.2:3b', input: 'a' }, 501, /^this model does not support embeddings$/],
  ])('refuses %s', async (_, body, status, error) => {
    const reply = await call(ollama.url, 'POST', '/api/embed', body);
    expect(reply).toMatchObject({ status, json: { error: expect.stringMatching(error) } });
  });

  test('finds the model whatever the case of its name', async () => {
    expect(await embed(ollama, 'a', { model: 'Qwen3-Embedding:4B' })).toMatchObject({ status: 200 });
  });

  test('cuts a text at the context length without an error', async () => {
    const [vector = []] = vectorsOf(await embed(ollama, 'é'.repeat(201), { dimensions: 768 }));
    expect(isVectorOf('é'.repeat(200), vector)).toBe(true);
  });

  test('with truncate false rejects the whole array if one text is too long', async () => {
    const reply = await embed(ollama, ['short', 'x'.repeat(401)], { truncate: false });
    expect(reply).toMatchObject({ status: 400, json: { error: 'the input length exceeds the context length' } });
    expect(await embed(ollama, ['short', 'x'.repeat(400)], { truncate: false })).toMatchObject({ status: 200 });
  });

  test('can word that error as other versions do', async () => {
    await withStandIn({ contextTokens: 10, contextError: 'older' }, async (older) => {
      const reply = await embed(older, 'x'.repeat(41), { truncate: false });
      expect(reply.json).toEqual({ error: 'input length exceeds maximum context length' });
    });
  });

  test('can ignore dimensions, as old servers do, and imitate smaller models', async () => {
    await withStandIn({ ignoreDimensions: true, nativeDimensions: 1024 }, async (older) => {
      expect(vectorsOf(await embed(older, 'a', { dimensions: 768 }))[0]).toHaveLength(1024);
    });
  });
});

describe('the other endpoints', () => {
  test('POST /api/show returns the capabilities of the model', async () => {
    expect(await call(ollama.url, 'POST', '/api/show', { model: MODEL })).toMatchObject({
      status: 200,
      json: {
        capabilities: ['embedding'],
        model_info: {
          'general.architecture': 'qwen3',
          'qwen3.embedding_length': 2560,
          'qwen3.context_length': 100,
        },
        details: { family: 'qwen3' },
      },
    });
  });

  test('POST /api/show shows that a chat model cannot embed, and knows no other model', async () => {
    const chat = await call(ollama.url, 'POST', '/api/show', { model: 'llama3.2:3b' });
    expect(chat.json.capabilities).not.toContain('embedding');
    const unknown = await call(ollama.url, 'POST', '/api/show', { model: 'x' });
    expect(unknown).toMatchObject({ status: 404, json: { error: "model 'x' not found" } });
  });

  test.each([
    ['GET', '/', 200, 'Ollama is running'],
    ['HEAD', '/', 200, ''],
    ['GET', '/api/version', 200, '{"version":"0.33.0"}'],
    ['GET', '/api/version?x=1', 200, '{"version":"0.33.0"}'],
    ['GET', '/api/embed', 405, '405 method not allowed'],
    ['POST', '/api/tags', 405, '405 method not allowed'],
    ['GET', '/api/nothing', 404, '404 page not found'],
  ])('%s %s answers %i', async (method, path, status, text) => {
    expect(await call(ollama.url, method, path)).toMatchObject({ status, text });
  });

  test('GET /api/tags lists the models', async () => {
    const { json } = await call(ollama.url, 'GET', '/api/tags');
    expect((json.models as { name: string }[]).map(({ name }) => name)).toEqual([MODEL, 'llama3.2:3b']);
  });
});
