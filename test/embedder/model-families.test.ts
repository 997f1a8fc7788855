import { mayBeShortened, queryFormOf } from '../../src/embedder/model-families.js';

describe('a model', () => {
  it.each([
    'qwen3-embedding:4b',
    'qwen3-embedding',
    'Qwen/Qwen3-Embedding-4B',
    'Qwen/Qwen3-Embedding-4B-GGUF',
    'qwen3-embedding-4b@q8_0',
    'dengcao/Qwen3-Embedding-4B:Q5_K_M',
    'hf.co/Qwen/Qwen3-Embedding-0.6B-GGUF:Q8_0',
    'text-embedding-qwen3-embedding-4b',
    'text-embedding-qwen3-embedding-0.6b@f16',
    'mlx-community/Qwen3-Embedding-4B-4bit-DWQ',
    '/models/Qwen3-Embedding-4B-Q8_0.gguf',
    'C:\\models\\Qwen3_Embedding_4B.gguf',
    '/cache/models--Qwen--Qwen3-Embedding-4B/snapshots/5cf2132abc99cad020ac570b19d031efec650f2b',
    '/models/qwen3-embedding-4b/model.gguf',
    'openai/Qwen/Qwen3-Embedding-4B',
    '@cf/qwen/qwen3-embedding-0.6b',
    'Qwen3 Embedding 4B',
  ])('is recognised by any of its names: %s', (model) => {
    expect(queryFormOf(model)).toMatch(/^Instruct: .+\nQuery:$/);
    expect(mayBeShortened(model, 'trained')).toBe(true);
  });

  const REPRESENT = 'Represent this sentence for searching relevant passages: ';
  it.each<[string, boolean, string | RegExp]>([
    ['nomic-embed-text', true, 'search_query: '],
    ['text-embedding-nomic-embed-text-v1.5@q4_k_m', true, 'search_query: '],
    ['nomic-ai/nomic-embed-text-v2-moe', true, 'search_query: '],
    ['nomic-ai/nomic-embed-text-v1', false, 'search_query: '],
    ['mxbai-embed-large:latest', true, REPRESENT],
    ['snowflake-arctic-embed2', true, 'query: '],
    ['Snowflake/snowflake-arctic-embed-l-v2.0', true, 'query: '],
    ['Snowflake/snowflake-arctic-embed-m-v1.5', true, REPRESENT],
    ['snowflake-arctic-embed:335m', false, REPRESENT],
    ['text-embedding-snowflake-arctic-embed-l-v2.0', true, 'query: '],
    ['embeddinggemma:300m', true, 'task: search result | query: '],
    ['google/embeddinggemma-300m', true, 'task: search result | query: '],
    ['intfloat/multilingual-e5-large', false, 'query: '],
    ['e5-small-v2', false, 'query: '],
    ['jeffh/intfloat-multilingual-e5-large-instruct:f16', false, /^Instruct: .+\nQuery: $/],
    ['intfloat/e5-mistral-7b-instruct', false, /^Instruct: .+\nQuery: $/],
    ['Alibaba-NLP/gte-Qwen2-7B-instruct', false, /^Instruct: .+\nQuery: $/],
    ['bge-large', false, REPRESENT],
    ['BAAI/bge-base-en-v1.5', false, REPRESENT],
    ['BAAI/bge-small-zh-v1.5', false, /检索/],
    ['bge-m3', false, ''],
    ['text-embedding-bge-m3', false, ''],
    ['all-minilm', false, ''],
    ['granite-embedding:278m', false, ''],
    ['paraphrase-multilingual', false, ''],
    ['text-embedding-3-small', true, ''],
    ['openai/text-embedding-3-large', true, ''],
    ['text-embedding-ada-002', false, ''],
    ['jinaai/jina-embeddings-v3', true, ''],
    ['models/gemini-embedding-001', true, ''],
    ['text-embedding-v4', true, ''],
  ])('%s: may be shortened is %s, query form is %j', (model, isTrained, form) => {
    expect(mayBeShortened(model, 'trained')).toBe(isTrained);
    if (typeof form === 'string') expect(queryFormOf(model)).toBe(form);
    else expect(queryFormOf(model)).toMatch(form);
  });

  it.each(['my-model', 'my-qwen3-embedding', 'qwen3-embeddings', 'e5', 'gte-large', '', '/', 'nomic-embed-code'])(
    'that is unknown has no query form, and may be shortened only if configured: %j',
    (model) => {
      expect(queryFormOf(model)).toBe('');
      expect(mayBeShortened(model, 'trained')).toBe(false);
      expect(mayBeShortened(model, 'any')).toBe(true);
    },
  );
});
