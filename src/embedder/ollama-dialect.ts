import type { Dialect, Rule } from './dialect.js';

/**
 * What an answer of Ollama means. Read from its source, 0.33, and its issues: since 0.13.3 the crash of a runner is a
 * 400, and NaN was a 500 before it became a 400.
 */
const RULES: readonly Rule[] = [
  {
    status: 400,
    message:
      /input (length )?exceeds (the|maximum) context length|exceeds the available context size|exceed_context_size/i,
    verdict: 'too-long',
    code: 'OLLAMA_CONTEXT_LENGTH',
  },
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
    message: /EOF|connection refused|connection reset|no longer running|health resp|unexpected server status/i,
    verdict: 'failing',
    code: 'OLLAMA_RUNNER_CRASHED',
  },
  {
    status: 401,
    verdict: 'misconfigured',
    code: 'OLLAMA_UNAUTHORIZED',
    advice: 'put valid credentials into PALDOCS_OLLAMA_URL, or PALDOCS_OLLAMA_TOKEN',
  },
  {
    status: 403,
    verdict: 'misconfigured',
    code: 'OLLAMA_FORBIDDEN',
    advice: 'allow this client at the server or proxy that PALDOCS_OLLAMA_URL names',
  },
  {
    status: 404,
    message: /model .*not found/i,
    verdict: 'misconfigured',
    code: 'OLLAMA_MODEL_MISSING',
    advice: 'pull the model on the server (ollama pull MODEL) or correct PALDOCS_EMBEDDING_MODEL',
  },
  {
    status: 404,
    verdict: 'misconfigured',
    code: 'OLLAMA_NOT_FOUND',
    advice: 'check that PALDOCS_OLLAMA_URL is the address of an Ollama server, without a path',
  },
  {
    status: 501,
    verdict: 'misconfigured',
    code: 'OLLAMA_MODEL_CANNOT_EMBED',
    advice: 'set PALDOCS_EMBEDDING_MODEL to an embedding model',
  },
  { status: 408, verdict: 'busy', code: 'OLLAMA_TIMEOUT' },
  { status: 425, verdict: 'busy', code: 'OLLAMA_TOO_EARLY' },
  { status: 429, verdict: 'busy', code: 'OLLAMA_BUSY' },
  { status: 503, verdict: 'busy', code: 'OLLAMA_BUSY' },
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
