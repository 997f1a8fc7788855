import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { queryFormOf } from '../../src/embedder/model-families.js';
import type { QueryForm } from './settings.js';

/** The platform's default model. Its query form is an `Instruct:` line. */
const INSTRUCTED_MODEL = 'qwen3-embedding:4b';

/** A query as it is sent to the model. */
export function queryText(query: string, form: QueryForm): string {
  switch (form) {
    case 'bare':
      return query;
    case 'instruction':
      return DEFAULT_INSTRUCTION + query;
    case 'instruct':
      return queryFormOf(INSTRUCTED_MODEL) + query;
  }
}
