import { OLLAMA } from './ollama-dialect.js';
import { OPENAI } from './openai-dialect.js';

/** The kinds of servers, by what `PALDOCS_EMBEDDING_PROVIDER` calls them. */
export const DIALECTS = { ollama: OLLAMA, openai: OPENAI } as const;
export type ProviderKind = keyof typeof DIALECTS;
