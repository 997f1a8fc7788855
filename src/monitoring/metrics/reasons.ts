import { HOLD_CODES } from '../../postgres/hold-reason.js';

/** Replaces an unknown reason, so that no server can create label values. */
export const OTHER = 'other';

/** Codes for an Ollama that returns no vector. They become a block's own failure only after every other explanation. */
const OF_OLLAMA = [
  'OLLAMA_BUSY',
  'OLLAMA_GARBLED',
  'OLLAMA_NO_ANSWER',
  'OLLAMA_RUNNER_CRASHED',
  'OLLAMA_SERVER_ERROR',
  'OLLAMA_UNEXPECTED_STATUS',
] as const;

/** The same for a server with OpenAI's API. */
const OF_OPENAI = [
  'OPENAI_BUSY',
  'OPENAI_GARBLED',
  'OPENAI_NO_ANSWER',
  'OPENAI_SERVER_ERROR',
  'OPENAI_UNEXPECTED_STATUS',
] as const;

/** Why a block failed. A test compares these lists with the codes in the sources. */
export const FAILURE_REASONS: ReadonlySet<string> = new Set([
  ...OF_OLLAMA,
  ...OF_OPENAI,
  'EMBEDDING_NOT_FINITE',
  'EMBEDDING_ZERO',
  'OLLAMA_CONTEXT_LENGTH',
  'OLLAMA_NAN',
  'OLLAMA_REJECTED',
  'OLLAMA_TOO_LARGE',
  'OPENAI_CONTEXT_LENGTH',
  'OPENAI_NAN',
  'OPENAI_REJECTED',
  'OPENAI_TOO_LARGE',
  'DATABASE_REJECTED',
  'TOO_SLOW',
  'UNEXPECTED',
  'UNREADABLE',
  'WORKER_CRASHES',
  OTHER,
]);

/** Why the gate is closed. A failure that a text may have caused closes it, too, until a known-good text succeeds. */
export const GATE_REASONS: ReadonlySet<string> = new Set([
  ...OF_OLLAMA,
  ...OF_OPENAI,
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
  'OLLAMA_TOO_LARGE',
  'OLLAMA_TIMEOUT',
  'OLLAMA_TOO_EARLY',
  'OLLAMA_UNAUTHORIZED',
  'OLLAMA_UNREACHABLE',
  'OPENAI_CERTIFICATE',
  'OPENAI_CONTEXT_LENGTH',
  'OPENAI_FORBIDDEN',
  'OPENAI_MODEL_CANNOT_EMBED',
  'OPENAI_MODEL_MISSING',
  'OPENAI_NAN',
  'OPENAI_NOT_FOUND',
  'OPENAI_PROBE_FAILED',
  'OPENAI_QUOTA',
  'OPENAI_REJECTED',
  'OPENAI_TIMEOUT',
  'OPENAI_TOO_EARLY',
  'OPENAI_TOO_LARGE',
  'OPENAI_UNAUTHORIZED',
  'OPENAI_UNREACHABLE',
  OTHER,
]);

/** Why work is held. */
export const HOLD_REASONS: ReadonlySet<string> = new Set([
  ...HOLD_CODES,
  'COLUMN_IN_USE',
  'EMBEDDING_DIMENSIONS',
  'QUEUE_PRIVILEGE',
  'SCHEMA_COLUMN',
  'SCHEMA_DIMENSIONS',
  'SCHEMA_FOREIGN_KEY',
  'SCHEMA_INDEX',
  'SCHEMA_PGVECTOR',
  'SCHEMA_PRIVILEGE',
  'SCHEMA_ROW_SECURITY',
  'SCHEMA_STATUS',
  'SCHEMA_TABLE',
  'SCHEMA_TRIGGER',
  'SCHEMA_TRIGGER_LOOP',
  'SCHEMA_WRITE',
  OTHER,
]);

/** @returns the reason if it is known, otherwise `other` */
export function bounded(known: ReadonlySet<string>, reason: string): string {
  return known.has(reason) ? reason : OTHER;
}
