import {
  ProviderMisconfiguredError,
  ProviderUnavailableError,
  TextRejectedError,
  TextTooLongError,
  type ProviderError,
} from './errors.js';

/**
 * `busy`: no text's fault. `failing`: an outage, or a text that the model does not survive; a text that is known to be
 * good tells which. `misconfigured`: someone must act. `rejected`: the text itself, as long as good ones pass.
 */
type Verdict = 'busy' | 'failing' | 'misconfigured' | 'rejected' | 'too-long';

interface Rule {
  readonly status: number | 'any 5xx' | 'any 4xx';
  /** What the message of Ollama's error holds; absent: anything. */
  readonly message?: RegExp;
  readonly verdict: Verdict;
  readonly code: string;
  /** What to do, for what does not pass by itself. */
  readonly advice?: string;
}

/**
 * What an answer of Ollama means, first match first. Read from its source, 0.33, and its issues: since 0.13.3 the crash
 * of a runner is a 400, and NaN was a 500 before it became a 400.
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

/**
 * The error for an answer that is not 2xx.
 *
 * @param serverMessage the `error` of its body; it names models and internals, and repeats no input
 * @param retryAfter the header of that name, where there is one
 */
export function classifyAnswer(status: number, serverMessage: string, retryAfter?: string): ProviderError {
  const rule = RULES.find(
    (candidate) =>
      (candidate.status === status ||
        (candidate.status === 'any 5xx' && status >= 500) ||
        (candidate.status === 'any 4xx' && status >= 400 && status < 500)) &&
      (candidate.message?.test(serverMessage) ?? true),
  );
  const { verdict, code, advice } = rule ?? {
    verdict: 'failing',
    code: 'OLLAMA_UNEXPECTED_STATUS',
  };
  const message = `Ollama answered ${status} "${storable(serverMessage.slice(0, 300))}"${advice === undefined ? '' : `: ${advice}`}`;
  switch (verdict) {
    case 'busy':
    case 'failing':
      return new ProviderUnavailableError(code, message, {
        mayBeTheText: verdict === 'failing',
        retryAfterMs: readRetryAfter(retryAfter),
      });
    case 'misconfigured':
      return new ProviderMisconfiguredError(code, message);
    case 'rejected':
      return new TextRejectedError(code, message);
    case 'too-long':
      return new TextTooLongError(code, message);
  }
}

/** Without what jsonb refuses: the message goes into the job's output. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

/** RFC 9110, 10.2.3: seconds or a date. */
function readRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
