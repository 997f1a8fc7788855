import { PROVIDER_NAMES, REDIRECTS, type Dialect, type Rule } from './dialect.js';
import { BODY_TOO_LARGE, MODEL_CRASHED, TEXT_TOO_LONG, TOO_MANY_TEXTS } from './error-patterns.js';

/** Statuses with which a server, its runner or a proxy rejects what is too large. */
const TOO_MUCH = [400, 413, 422, 424, 500, 502];

/**
 * What Ollama's error responses mean, from its source (0.33) and its issues. A crashed runner is a 400 since 0.13.3. NaN is a
 * 500 in older versions and a 400 in newer ones.
 */
const RULES: readonly Rule[] = [
  { status: TOO_MUCH, message: TEXT_TOO_LONG, verdict: 'too-long', code: 'OLLAMA_CONTEXT_LENGTH' },
  { status: TOO_MUCH, message: BODY_TOO_LARGE, verdict: 'too-long', code: 'OLLAMA_TOO_LARGE' },
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
    message: MODEL_CRASHED,
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
    fix: 'put user name and password into HTTP_PROXY or HTTPS_PROXY, or the host into NO_PROXY',
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
    fix: 'set PALDOCS_OLLAMA_URL to the address that it redirects to, such as https instead of http',
  },
  { status: 'any 5xx', verdict: 'failing', code: 'OLLAMA_SERVER_ERROR' },
  { status: 'any 4xx', verdict: 'rejected', code: 'OLLAMA_REJECTED' },
];

export const OLLAMA: Dialect = {
  name: PROVIDER_NAMES.ollama,
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
  // Texts are embedded in the order in which they arrive, except that requests that waited for a model load get mixed.
  confirmLossAfterMs: 1_500,
  rules: RULES,
};
