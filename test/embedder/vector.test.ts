import { ProviderMisconfiguredError, ProviderUnavailableError, TextRejectedError } from '../../src/embedder/errors.js';
import { OLLAMA } from '../../src/embedder/ollama-dialect.js';
import type { Shorten } from '../../src/embedder/model-families.js';
import { readVectors } from '../../src/embedder/vector.js';

/** Rounding error of float32 when a vector is normalised. */
const ROUNDING = 1e-6;

function expectAbout(vector: unknown, ...values: number[]): void {
  expect(vector).toBeInstanceOf(Float32Array);
  expect(vector).toHaveLength(values.length);
  for (const [i, value] of values.entries())
    expect(Math.abs(((vector as Float32Array)[i] ?? Number.NaN) - value)).toBeLessThan(ROUNDING);
}

interface Reading {
  readonly count?: number;
  readonly dimensions?: number;
  readonly model?: string;
  readonly shorten?: Shorten;
}
const read = (
  embeddings: unknown,
  { count = 1, dimensions = 2, model = 'qwen3-embedding:4b', shorten = 'trained' }: Reading = {},
) => readVectors(embeddings, count, { dimensions, model, dialect: OLLAMA, shorten });

describe('the vectors of a response', () => {
  it('are unchanged if their length is 1', () => {
    expect(read([[0.6, 0.8]])).toEqual([Float32Array.of(0.6, 0.8)]);
  });

  it('are normalised to length 1', () => {
    expect(read([[3, 4]])).toEqual([Float32Array.of(0.6, 0.8)]);
  });

  it.each([
    'qwen3-embedding:4b',
    'qwen3-embedding',
    'library/nomic-embed-text:v1.5',
    'embeddinggemma:300m',
    'Qwen/Qwen3-Embedding-0.6B',
    '/models/Qwen3-Embedding-4B-Q8_0.gguf',
    'nomic-ai/nomic-embed-text-v1.5',
    'nomic-embed-text',
    'Snowflake/snowflake-arctic-embed-l-v2.0',
    'text-embedding-3-small',
    'openai/text-embedding-3-large',
  ])('are shortened and normalised for %s, which is trained for shortening', (model) => {
    expectAbout(read([[0.06, 0.08, 0.9]], { model })[0], 0.6, 0.8);
  });

  it.each([
    'bge-m3',
    'my-qwen3-embedding',
    'all-minilm',
    'qwen3-embeddings',
    'nomic-ai/nomic-embed-text-v1',
    'text-embedding-ada-002',
    'Snowflake/snowflake-arctic-embed-l',
  ])('are not shortened for %s, which is not trained for it', (model) => {
    expect(() => read([[0.06, 0.08, 0.9]], { model })).toThrow(ProviderMisconfiguredError);
  });

  it('are shortened if they are a Float32Array, too', () => {
    expectAbout(read([Float32Array.of(0.06, 0.08, 0.9)])[0], 0.6, 0.8);
    expect(() => read([Float32Array.of(0.06, 0.08, 0.9)], { model: 'bge-m3' })).toThrow(ProviderMisconfiguredError);
  });

  it('are shortened for any model if configured', () => {
    expectAbout(read([[0.06, 0.08, 0.9]], { model: 'bge-m3', shorten: 'any' })[0], 0.6, 0.8);
  });

  it('with too few dimensions are an error with a fix', () => {
    let thrown: unknown;
    try {
      read([[1]]);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({
      message:
        'PALDOCS_EMBEDDING_MODEL: the model qwen3-embedding:4b gives vectors of 1 dimensions, the column holds 2',
      fix: expect.stringContaining('vector(1)') as string,
    });
  });

  it.each([
    ['a null', [null, 1], 'EMBEDDING_NOT_FINITE'],
    ['an infinity', [Infinity, 1], 'EMBEDDING_NOT_FINITE'],
    ['NaN', [NaN, 1], 'EMBEDDING_NOT_FINITE'],
    ['a string', ['1', 1], 'EMBEDDING_NOT_FINITE'],
    ['NaN as a float', Float32Array.of(NaN, 1), 'EMBEDDING_NOT_FINITE'],
    ['zeros', [0, 0], 'EMBEDDING_ZERO'],
    ['tiny values', [1e-30, 1e-30], 'EMBEDDING_ZERO'],
    ['huge values', [1e200, 1e200], 'EMBEDDING_ZERO'],
  ])('with %s put only their own text at fault', (_, vector, code) => {
    const [bad, good] = read([vector, [0.6, 0.8]], { count: 2 });
    expect(bad).toBeInstanceOf(TextRejectedError);
    expect(bad).toMatchObject({ code });
    expect(good).toEqual(Float32Array.of(0.6, 0.8));
  });

  it.each([
    ['too few', [[1, 0]], 2],
    [
      'too many',
      [
        [1, 0],
        [0, 1],
      ],
      1,
    ],
    ['none', undefined, 1],
    ['an object', {}, 1],
    ['a number', [7], 1],
    ['null', [null], 1],
  ])('that are garbled (%s) put no single text at fault', (_, embeddings, count) => {
    expect(() => read(embeddings, { count })).toThrow(ProviderUnavailableError);
  });
});
