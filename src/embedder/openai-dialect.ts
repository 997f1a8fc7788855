import type { Dialect, Rule } from './dialect.js';

/** What is wrong with what was sent: 422 is TEI's and FastAPI's 400, 413 is a text's or a batch's that is too large. */
const BAD_REQUEST = [400, 413, 422];

/**
 * What an answer of a server with OpenAI's API means. There is no standard for it: the messages are those of OpenAI,
 * vLLM, TEI, llama.cpp, LiteLLM, Mistral, Voyage, and of Ollama, which has this API as well.
 */
const RULES: readonly Rule[] = [
  {
    // llama.cpp's is a 500: a text must fit into its physical batch.
    status: [...BAD_REQUEST, 500],
    message:
      /maximum context length|context_length_exceeded|longer than the maximum model length|exceeds? (the )?(available |maximum )?context|exceed_context_size|too large to process|must have less than \d+ tokens|exceeding max \d+ tokens/i,
    verdict: 'too-long',
    code: 'OPENAI_CONTEXT_LENGTH',
  },
  {
    status: BAD_REQUEST,
    message:
      /batch size|array too long|array_above_max_length|maximum request size|max_tokens_per_request|too many (inputs|texts|tokens)|tokens per (submitted )?batch|at most \d+ (inputs|texts|items)/i,
    verdict: 'too-long',
    code: 'OPENAI_TOO_LARGE',
  },
  { status: 413, verdict: 'too-long', code: 'OPENAI_TOO_LARGE' },
  {
    status: [400, 500],
    message: /\bNaN\b|Inf values|unsupported value: [+-]?Inf|not JSON compliant/,
    verdict: 'rejected',
    code: 'OPENAI_NAN',
  },
  {
    status: 400,
    message: /\bEOF\b|connection refused|connection reset|no longer running|health resp|unexpected server status/i,
    verdict: 'failing',
    code: 'OPENAI_SERVER_ERROR',
  },
  {
    status: 401,
    verdict: 'misconfigured',
    code: 'OPENAI_UNAUTHORIZED',
    advice: 'put a valid key into PALDOCS_OPENAI_API_KEY, or the file that PALDOCS_OPENAI_API_KEY_FILE names',
  },
  {
    status: 402,
    verdict: 'misconfigured',
    code: 'OPENAI_QUOTA',
    advice: 'see to plan and billing of the account that PALDOCS_OPENAI_API_KEY belongs to',
  },
  {
    status: 429,
    message: /insufficient_quota/,
    verdict: 'misconfigured',
    code: 'OPENAI_QUOTA',
    advice: 'see to plan and billing of the account that PALDOCS_OPENAI_API_KEY belongs to',
  },
  {
    status: 403,
    verdict: 'misconfigured',
    code: 'OPENAI_FORBIDDEN',
    advice: 'let PALDOCS_OPENAI_API_KEY be a key that may use this model, or allow this client at the server or proxy',
  },
  {
    status: [400, 404, 405, 422, 500, 501],
    message: /not support (the )?embeddings?|pooling type|not an embeddings? model/i,
    verdict: 'misconfigured',
    code: 'OPENAI_MODEL_CANNOT_EMBED',
    advice: 'set PALDOCS_EMBEDDING_MODEL to an embedding model, and start the server so that it embeds',
  },
  {
    status: [400, 404, 422],
    message: /model .*(not found|not exist)|model_not_found|invalid model|no models? loaded/i,
    verdict: 'misconfigured',
    code: 'OPENAI_MODEL_MISSING',
    advice: 'set PALDOCS_EMBEDDING_MODEL to the name by which the server knows the model, or load it there',
  },
  {
    status: [404, 405],
    verdict: 'misconfigured',
    code: 'OPENAI_NOT_FOUND',
    advice: 'let PALDOCS_OPENAI_URL be the base of an OpenAI-compatible API, such as http://host:8000/v1',
  },
  {
    status: 501,
    verdict: 'misconfigured',
    code: 'OPENAI_MODEL_CANNOT_EMBED',
    advice: 'set PALDOCS_EMBEDDING_MODEL to an embedding model, and start the server so that it embeds',
  },
  { status: 408, verdict: 'busy', code: 'OPENAI_TIMEOUT' },
  { status: 425, verdict: 'busy', code: 'OPENAI_TOO_EARLY' },
  { status: [429, 503, 529], verdict: 'busy', code: 'OPENAI_BUSY' },
  { status: 424, verdict: 'failing', code: 'OPENAI_SERVER_ERROR' }, // TEI's for its backend
  { status: 'any 5xx', verdict: 'failing', code: 'OPENAI_SERVER_ERROR' },
  { status: 'any 4xx', verdict: 'rejected', code: 'OPENAI_REJECTED' },
];

export const OPENAI: Dialect = {
  name: 'the embedding server',
  codes: {
    unreachable: 'OPENAI_UNREACHABLE',
    noAnswer: 'OPENAI_NO_ANSWER',
    certificate: 'OPENAI_CERTIFICATE',
    garbled: 'OPENAI_GARBLED',
    cannotEmbed: 'OPENAI_MODEL_CANNOT_EMBED',
    probeFailed: 'OPENAI_PROBE_FAILED',
    unexpectedStatus: 'OPENAI_UNEXPECTED_STATUS',
  },
  caVariable: 'PALDOCS_OPENAI_CA_FILE',
  rules: RULES,
};
