/** What stands for a reason that is not known here, so that no server can make a label of what it says. */
export const OTHER = 'other';

/** Why Ollama had no vector for what was sent; the last resort being the text's own fault. A test holds it to the sources. */
const OF_OLLAMA = [
  'OLLAMA_BUSY',
  'OLLAMA_GARBLED',
  'OLLAMA_NO_ANSWER',
  'OLLAMA_RUNNER_CRASHED',
  'OLLAMA_SERVER_ERROR',
  'OLLAMA_UNEXPECTED_STATUS',
] as const;

/** Why a block failed by its own fault. */
export const FAILURE_REASONS: ReadonlySet<string> = new Set([
  ...OF_OLLAMA,
  'EMBEDDING_NOT_FINITE',
  'EMBEDDING_ZERO',
  'OLLAMA_CONTEXT_LENGTH',
  'OLLAMA_NAN',
  'OLLAMA_REJECTED',
  'UNEXPECTED',
  'WORKER_DEATHS',
  OTHER,
]);

/** Why the gate is closed. What a text may have caused closes it, too, until a good one has passed. */
export const GATE_REASONS: ReadonlySet<string> = new Set([
  ...OF_OLLAMA,
  'EMBEDDING_DIMENSIONS',
  'EMBEDDING_NOT_FINITE',
  'EMBEDDING_ZERO',
  'OLLAMA_CERTIFICATE',
  'OLLAMA_CONTEXT_LENGTH',
  'OLLAMA_FORBIDDEN',
  'OLLAMA_MODEL_CANNOT_EMBED',
  'OLLAMA_MODEL_MISSING',
  'OLLAMA_NAN',
  'OLLAMA_NOT_FOUND',
  'OLLAMA_PROBE_FAILED',
  'OLLAMA_REJECTED',
  'OLLAMA_TIMEOUT',
  'OLLAMA_TOO_EARLY',
  'OLLAMA_UNAUTHORIZED',
  'OLLAMA_UNREACHABLE',
  OTHER,
]);

/** @returns the reason where it is a known one */
export function bounded(known: ReadonlySet<string>, reason: string): string {
  return known.has(reason) ? reason : OTHER;
}
