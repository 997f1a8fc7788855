import { CRASHED } from './crashed.js';
import { REDIRECTS, type Dialect, type Rule } from './dialect.js';
import { TOO_LARGE_BODY, TOO_LONG_TEXT, TOO_MANY_TEXTS } from './too-long.js';

/** With these a server, its runner or a proxy before it says that there is too much. */
const TOO_MUCH = [400, 413, 422, 424, 500, 502];

/**
 * What an answer of Ollama means. Read from its source, 0.33, and its issues: since 0.13.3 the crash of a runner is a
 * 400, and NaN was a 500 before it became a 400.
 */
const RULES: readonly Rule[] = [
  { status: TOO_MUCH, message: TOO_LONG_TEXT, verdict: 'too-long', code: 'OLLAMA_CONTEXT_LENGTH' },
  { status: TOO_MUCH, message: TOO_LARGE_BODY, verdict: 'too-long', code: 'OLLAMA_TOO_LARGE' },
  { status: [400, 413, 422], message: TOO_MANY_TEXTS, verdict: 'too-long', code: 'OLLAMA_TOO_LARGE' },
  { status: 413, verdict: 'too-long', code: 'OLLAMA_TOO_LARGE' },
  {
    status: 400,
    message: /NaN|Inf values/,
    verdict: 'rejected',
    code: 'OLLAMA_NAN',
  },
  {
    status: 500,
    message: /unsupported value: (NaN|[+-]?Inf)/,
    verdict: 'rejected',
    code: 'OLLAMA_NAN',
  },
  {
    status: 400,
    message: CRASHED,
    verdict: 'failing',
    code: 'OLLAMA_RUNNER_CRASHED',
  },
  {
    status: 401,
    verdict: 'misconfigured',
    code: 'OLLAMA_UNAUTHORIZED',
    fix: 'put valid credentials into PALDOCS_OLLAMA_URL, or PALDOCS_OLLAMA_TOKEN',
  },
  {
    status: 407,
    verdict: 'misconfigured',
    code: 'OLLAMA_UNAUTHORIZED',
    fix: 'put user and password into HTTP_PROXY or HTTPS_PROXY, or the host into NO_PROXY',
  },
  {
    status: 403,
    verdict: 'misconfigured',
    code: 'OLLAMA_FORBIDDEN',
    fix: 'allow this client at the server or proxy that PALDOCS_OLLAMA_URL names',
  },
  {
    status: 404,
    message: /model .*not found/i,
    verdict: 'misconfigured',
    code: 'OLLAMA_MODEL_MISSING',
    fix: 'pull the model on the server (ollama pull MODEL) or correct PALDOCS_EMBEDDING_MODEL',
  },
  {
    status: 404,
    verdict: 'misconfigured',
    code: 'OLLAMA_NOT_FOUND',
    fix: 'check that PALDOCS_OLLAMA_URL is the address of an Ollama server, without a path',
  },
  {
    status: [400, 500],
    message: /not support embeddings?/i,
    verdict: 'misconfigured',
    code: 'OLLAMA_MODEL_CANNOT_EMBED',
    fix: 'set PALDOCS_EMBEDDING_MODEL to an embedding model',
  },
  {
    status: 501,
    verdict: 'misconfigured',
    code: 'OLLAMA_MODEL_CANNOT_EMBED',
    fix: 'set PALDOCS_EMBEDDING_MODEL to an embedding model',
  },
  { status: 408, verdict: 'busy', code: 'OLLAMA_TIMEOUT' },
  { status: 425, verdict: 'busy', code: 'OLLAMA_TOO_EARLY' },
  { status: 429, verdict: 'busy', code: 'OLLAMA_BUSY' },
  { status: 503, verdict: 'busy', code: 'OLLAMA_BUSY' },
  {
    status: REDIRECTS,
    verdict: 'failing',
    code: 'OLLAMA_UNEXPECTED_STATUS',
    fix: 'let PALDOCS_OLLAMA_URL be the address that it redirects to, such as https in place of http',
  },
  { status: 'any 5xx', verdict: 'failing', code: 'OLLAMA_SERVER_ERROR' },
  { status: 'any 4xx', verdict: 'rejected', code: 'OLLAMA_REJECTED' },
];

export const OLLAMA: Dialect = {
  name: 'Ollama',
  codes: {
    unreachable: 'OLLAMA_UNREACHABLE',
    noAnswer: 'OLLAMA_NO_ANSWER',
    certificate: 'OLLAMA_CERTIFICATE',
    garbled: 'OLLAMA_GARBLED',
    cannotEmbed: 'OLLAMA_MODEL_CANNOT_EMBED',
    probeFailed: 'OLLAMA_PROBE_FAILED',
    unexpectedStatus: 'OLLAMA_UNEXPECTED_STATUS',
  },
  caVariable: 'PALDOCS_OLLAMA_CA_FILE',
  rules: RULES,
};
