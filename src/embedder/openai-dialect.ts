import { PROVIDER_NAMES, REDIRECTS, type Dialect, type Rule } from './dialect.js';
import { BODY_TOO_LARGE, MODEL_CRASHED, TEXT_TOO_LONG, TOO_MANY_TEXTS } from './error-patterns.js';

/** Statuses with which servers reject what is too large: TEI and FastAPI with 422 instead of 400, llama.cpp with 500. */
const TOO_MUCH = [400, 413, 422, 424, 500, 502];

/**
 * What error responses of servers with OpenAI's API mean. There is no standard: the messages are those of OpenAI, vLLM, TEI,
 * llama.cpp, LiteLLM, Mistral, Voyage, and Ollama, which offers this API, too.
 */
const RULES: readonly Rule[] = [
  { status: TOO_MUCH, message: TEXT_TOO_LONG, verdict: 'too-long', code: 'OPENAI_CONTEXT_LENGTH' },
  { status: TOO_MUCH, message: BODY_TOO_LARGE, verdict: 'too-long', code: 'OPENAI_TOO_LARGE' },
  { status: [400, 413, 422], message: TOO_MANY_TEXTS, verdict: 'too-long', code: 'OPENAI_TOO_LARGE' },
  // More tokens in one request than the account may send in a minute: waiting does not help.
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
    message: MODEL_CRASHED,
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
    fix: 'put user name and password into HTTP_PROXY or HTTPS_PROXY, or the host into NO_PROXY',
  },
  {
    status: 402,
    verdict: 'misconfigured',
    code: 'OPENAI_QUOTA',
    fix: 'check plan and billing of the account that PALDOCS_OPENAI_API_KEY belongs to',
  },
  {
    status: [400, 429],
    message: /insufficient_quota|budget_exceeded|budget has been exceeded/i,
    verdict: 'misconfigured',
    code: 'OPENAI_QUOTA',
    fix: 'check plan and billing of the account that PALDOCS_OPENAI_API_KEY belongs to',
  },
  {
    status: 403,
    verdict: 'misconfigured',
    code: 'OPENAI_FORBIDDEN',
    fix: 'set PALDOCS_OPENAI_API_KEY to a key that may use this model, or allow this client at the server or proxy',
  },
  {
    status: [400, 404, 405, 422, 500, 501],
    message: /not support (the )?embeddings?|pooling type|not an embeddings? model/i,
    verdict: 'misconfigured',
    code: 'OPENAI_MODEL_CANNOT_EMBED',
    fix: 'set PALDOCS_EMBEDDING_MODEL to an embedding model, and start the server in embedding mode',
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
    fix: 'set PALDOCS_OPENAI_URL to the base of an OpenAI-compatible API, such as http://host:8000/v1',
  },
  {
    status: 501,
    verdict: 'misconfigured',
    code: 'OPENAI_MODEL_CANNOT_EMBED',
    fix: 'set PALDOCS_EMBEDDING_MODEL to an embedding model, and start the server in embedding mode',
  },
  { status: 408, verdict: 'busy', code: 'OPENAI_TIMEOUT' },
  { status: 425, verdict: 'busy', code: 'OPENAI_TOO_EARLY' },
  { status: [429, 503, 529], verdict: 'busy', code: 'OPENAI_BUSY' },
  { status: 424, verdict: 'failing', code: 'OPENAI_SERVER_ERROR' }, // TEI, if its backend fails
  {
    status: REDIRECTS,
    verdict: 'failing',
    code: 'OPENAI_UNEXPECTED_STATUS',
    fix: 'set PALDOCS_OPENAI_URL to the address that it redirects to, such as https instead of http',
  },
  { status: 'any 5xx', verdict: 'failing', code: 'OPENAI_SERVER_ERROR' },
  { status: 'any 4xx', verdict: 'rejected', code: 'OPENAI_REJECTED' },
];

export const OPENAI: Dialect = {
  name: PROVIDER_NAMES.openai,
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
  // Requests run in parallel, so short ones overtake long ones.
  confirmLossAfterMs: 10_000,
  rules: RULES,
};
