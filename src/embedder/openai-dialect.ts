import { CRASHED } from './crashed.js';
import { REDIRECTS, type Dialect, type Rule } from './dialect.js';
import { TOO_LARGE_BODY, TOO_LONG_TEXT, TOO_MANY_TEXTS } from './too-long.js';

/** With these a server says that there is too much: 422 is TEI's and FastAPI's 400, llama.cpp's is a 500. */
const TOO_MUCH = [400, 413, 422, 424, 500, 502];

/**
 * What an answer of a server with OpenAI's API means. There is no standard for it: the messages are those of OpenAI,
 * vLLM, TEI, llama.cpp, LiteLLM, Mistral, Voyage, and of Ollama, which has this API as well.
 */
const RULES: readonly Rule[] = [
  { status: TOO_MUCH, message: TOO_LONG_TEXT, verdict: 'too-long', code: 'OPENAI_CONTEXT_LENGTH' },
  { status: TOO_MUCH, message: TOO_LARGE_BODY, verdict: 'too-long', code: 'OPENAI_TOO_LARGE' },
  { status: [400, 413, 422], message: TOO_MANY_TEXTS, verdict: 'too-long', code: 'OPENAI_TOO_LARGE' },
  // More tokens than the account may send in a minute: no waiting makes them fewer.
  { status: 429, message: /request too large for/i, verdict: 'too-long', code: 'OPENAI_TOO_LARGE' },
  { status: 413, verdict: 'too-long', code: 'OPENAI_TOO_LARGE' },
  {
    status: [400, 500],
    message: /\bNaN\b|Inf values|unsupported value: [+-]?Inf|not JSON compliant/,
    verdict: 'rejected',
    code: 'OPENAI_NAN',
  },
  {
    status: 400,
    message: CRASHED,
    verdict: 'failing',
    code: 'OPENAI_SERVER_ERROR',
  },
  {
    status: 401,
    verdict: 'misconfigured',
    code: 'OPENAI_UNAUTHORIZED',
    fix: 'put a valid key into PALDOCS_OPENAI_API_KEY, or the file that PALDOCS_OPENAI_API_KEY_FILE names',
  },
  {
    status: 407,
    verdict: 'misconfigured',
    code: 'OPENAI_UNAUTHORIZED',
    fix: 'put user and password into HTTP_PROXY or HTTPS_PROXY, or the host into NO_PROXY',
  },
  {
    status: 402,
    verdict: 'misconfigured',
    code: 'OPENAI_QUOTA',
    fix: 'see to plan and billing of the account that PALDOCS_OPENAI_API_KEY belongs to',
  },
  {
    status: [400, 429],
    message: /insufficient_quota|budget_exceeded|budget has been exceeded/i,
    verdict: 'misconfigured',
    code: 'OPENAI_QUOTA',
    fix: 'see to plan and billing of the account that PALDOCS_OPENAI_API_KEY belongs to',
  },
  {
    status: 403,
    verdict: 'misconfigured',
    code: 'OPENAI_FORBIDDEN',
    fix: 'let PALDOCS_OPENAI_API_KEY be a key that may use this model, or allow this client at the server or proxy',
  },
  {
    status: [400, 404, 405, 422, 500, 501],
    message: /not support (the )?embeddings?|pooling type|not an embeddings? model/i,
    verdict: 'misconfigured',
    code: 'OPENAI_MODEL_CANNOT_EMBED',
    fix: 'set PALDOCS_EMBEDDING_MODEL to an embedding model, and start the server so that it embeds',
  },
  {
    status: [400, 404, 422],
    message:
      /model .*(not found|not exist)|^model \S+ is not supported|model_not_found|invalid model|no models? loaded/i,
    verdict: 'misconfigured',
    code: 'OPENAI_MODEL_MISSING',
    fix: 'set PALDOCS_EMBEDDING_MODEL to the name by which the server knows the model, or load it there',
  },
  {
    status: [404, 405],
    verdict: 'misconfigured',
    code: 'OPENAI_NOT_FOUND',
    fix: 'let PALDOCS_OPENAI_URL be the base of an OpenAI-compatible API, such as http://host:8000/v1',
  },
  {
    status: 501,
    verdict: 'misconfigured',
    code: 'OPENAI_MODEL_CANNOT_EMBED',
    fix: 'set PALDOCS_EMBEDDING_MODEL to an embedding model, and start the server so that it embeds',
  },
  { status: 408, verdict: 'busy', code: 'OPENAI_TIMEOUT' },
  { status: 425, verdict: 'busy', code: 'OPENAI_TOO_EARLY' },
  { status: [429, 503, 529], verdict: 'busy', code: 'OPENAI_BUSY' },
  { status: 424, verdict: 'failing', code: 'OPENAI_SERVER_ERROR' }, // TEI's for its backend
  {
    status: REDIRECTS,
    verdict: 'failing',
    code: 'OPENAI_UNEXPECTED_STATUS',
    fix: 'let PALDOCS_OPENAI_URL be the address that it redirects to, such as https in place of http',
  },
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
