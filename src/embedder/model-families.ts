/** What the model cards say about a family of models. */
export interface ModelFamily {
  /** Matches the normalised name: see `familyOf`. */
  readonly name: RegExp;
  /**
   * Whether each prefix of a vector is a usable vector (Matryoshka training). A shortened vector of any other model is
   * noise, no matter whether the server or we shorten it.
   */
  readonly isTrainedForShortening: boolean;
  /** Put before a search query; empty for models trained without one. */
  readonly queryForm: string;
}

const TASK = 'Given a search query, retrieve relevant platform knowledge base sections that answer the query';
const REPRESENT = 'Represent this sentence for searching relevant passages: ';

/** The first match counts. Each row names its source, the model cards. */
const FAMILIES: readonly ModelFamily[] = [
  // Qwen/Qwen3-Embedding-0.6B, -4B, -8B: any size from 32 up; no space after "Query:"; leaving it out costs 1-5 %.
  { name: /^qwen-?3-embedding/, isTrainedForShortening: true, queryForm: `Instruct: ${TASK}\nQuery:` },
  // intfloat/multilingual-e5-large-instruct, intfloat/e5-mistral-7b-instruct
  { name: /^(multilingual-)?e5-.*instruct/, isTrainedForShortening: false, queryForm: `Instruct: ${TASK}\nQuery: ` },
  // intfloat/e5-small-v2, intfloat/multilingual-e5-base and their sizes
  { name: /^(multilingual-)?e5-(small|base|large)/, isTrainedForShortening: false, queryForm: 'query: ' },
  // Alibaba-NLP/gte-Qwen2-1.5B-instruct, -7B-instruct
  { name: /^gte-qwen2-.*instruct/, isTrainedForShortening: false, queryForm: `Instruct: ${TASK}\nQuery: ` },
  // Alibaba-NLP/gte-multilingual-base: "elastic dense embedding", 128 to 768
  { name: /^gte-multilingual-base/, isTrainedForShortening: true, queryForm: '' },
  // BAAI/bge-m3: "no need to add instruction"
  { name: /^bge-m3/, isTrainedForShortening: false, queryForm: '' },
  // BAAI/bge-small-zh-v1.5 and its sizes
  {
    name: /^bge-(small|base|large)-zh/,
    isTrainedForShortening: false,
    queryForm: '为这个句子生成表示以用于检索相关文章：',
  },
  // BAAI/bge-small-en-v1.5 and its sizes; Ollama's bge-large is the English one
  { name: /^bge-(small|base|large)/, isTrainedForShortening: false, queryForm: REPRESENT },
  // nomic-ai/nomic-embed-text-v1
  { name: /^nomic-embed-text-v1(?![.-]5)/, isTrainedForShortening: false, queryForm: 'search_query: ' },
  // nomic-ai/nomic-embed-text-v1.5 (64 to 768; Ollama's nomic-embed-text), nomic-ai/nomic-embed-text-v2-moe (256, 768)
  { name: /^nomic-embed-text/, isTrainedForShortening: true, queryForm: 'search_query: ' },
  // mixedbread-ai/mxbai-embed-large-v1, mxbai-embed-2d-large-v1, mxbai-embed-xsmall-v1
  { name: /^mxbai-embed-(2d-)?(large|xsmall)/, isTrainedForShortening: true, queryForm: REPRESENT },
  // Snowflake/snowflake-arctic-embed-m-v2.0, -l-v2.0: 256; Ollama calls it snowflake-arctic-embed2
  {
    name: /^(snowflake-)?arctic-embed(2|-[ml]-v2)/,
    isTrainedForShortening: true,
    queryForm: 'query: ',
  },
  // Snowflake/snowflake-arctic-embed-m-v1.5: 256
  { name: /^(snowflake-)?arctic-embed-m-v1\.5/, isTrainedForShortening: true, queryForm: REPRESENT },
  // Snowflake/snowflake-arctic-embed-xs, -s, -m, -m-long, -l
  { name: /^(snowflake-)?arctic-embed/, isTrainedForShortening: false, queryForm: REPRESENT },
  // google/embeddinggemma-300m: 128, 256, 512, 768
  { name: /^embedding-?gemma/, isTrainedForShortening: true, queryForm: 'task: search result | query: ' },
  // jinaai/jina-embeddings-v3: 32 to 1024; the task is a field of its API
  { name: /^jina-embeddings-v3/, isTrainedForShortening: true, queryForm: '' },
  // OpenAI's guide to embeddings: text-embedding-3-small, -large
  { name: /^text-embedding-3-(small|large)/, isTrainedForShortening: true, queryForm: '' },
  // Google's Gemini API, "Embeddings": 128 to 3072; the task is a field of its API
  { name: /^gemini-embedding-001/, isTrainedForShortening: true, queryForm: '' },
  // Alibaba Cloud Model Studio, "Text embedding": `dimensions` from 64 up
  { name: /^text-embedding-v[34]/, isTrainedForShortening: true, queryForm: '' },
  // sentence-transformers/all-MiniLM-L6-v2, paraphrase-multilingual-MiniLM-L12-v2, ibm-granite/granite-embedding-*
  {
    name: /^(all-minilm|all-mpnet|paraphrase-multilingual|granite-embedding)/,
    isTrainedForShortening: false,
    queryForm: '',
  },
];

/** What may follow a family in a name: nothing, a size, a quantisation, a tag. A letter would make it another word. */
const BOUNDARY = /^(?![a-z])/;
/** What servers and publishers of converted models put before a model's name. LM Studio: `text-embedding-`. */
const PREFIX =
  /^(text-embedding|intfloat|baai|qwen|nomic-ai|mixedbread-ai|google|ibm|sentence-transformers|alibaba-nlp|jinaai)-/;
/** Names of files and cache folders that say nothing about the model. */
const UNINFORMATIVE = /^((ggml-)?model\b.*|snapshots|blobs|main|latest|[0-9a-f]{40,})$/;

/**
 * The family of a model, under any of the names that servers use: `qwen3-embedding:4b`,
 * `hf.co/Qwen/Qwen3-Embedding-0.6B-GGUF:Q8_0`, `text-embedding-qwen3-embedding-4b@q8_0`, `/models/Qwen3-Embedding-4B.gguf`.
 */
export function familyOf(model: string): ModelFamily | undefined {
  const parts = model
    .toLowerCase()
    .replaceAll(/[_ ]/g, '-')
    .split(/[\\/]|--/);
  const name = parts.findLast((part) => part !== '' && !UNINFORMATIVE.test(part)) ?? '';
  const names = [name, name.replace(PREFIX, '')];
  return names.map(familyNamed).find((family) => family !== undefined);
}

function familyNamed(name: string): ModelFamily | undefined {
  return FAMILIES.find((family) => {
    const [match] = family.name.exec(name) ?? [];
    return match !== undefined && BOUNDARY.test(name.slice(match.length));
  });
}

/** The query prefix that a model was trained with; empty if unknown, because another model's prefix is worse than none. */
export function queryFormOf(model: string): string {
  return familyOf(model)?.queryForm ?? '';
}

/** Which models' vectors may be shortened to the column's dimensions: `trained`, only models trained for it; `any`, all. */
export const SHORTEN = ['trained', 'any'] as const;
export type Shorten = (typeof SHORTEN)[number];

export function mayBeShortened(model: string, shorten: Shorten): boolean {
  return shorten === 'any' || familyOf(model)?.isTrainedForShortening === true;
}
