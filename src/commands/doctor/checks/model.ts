import { number } from '../../../terminal/output.js';
import { failed, ok, warning, type Check } from '../check.js';
import { withTimeout } from '../../../base/with-timeout.js';
import { WorkerError } from '../../../base/errors.js';

const TIMEOUT_MS = 10_000;
/** Hosted services list hundreds of models. */
const MAX_NAMED = 5;

export const modelCheck: Check = {
  name: 'model',
  needs: ['ollama', 'openai'],
  run: async ({ config, provider, facts, signal }) => {
    const { model } = config;
    try {
      const described = await withTimeout(TIMEOUT_MS, signal, (limit) => provider.describe(limit));
      if (described === undefined)
        return failed(
          `the server did not describe ${model} within ${TIMEOUT_MS / 1000} s`,
          `restart ${provider.dialect.name}`,
        );
      facts.model = described;
      if (!described.canEmbed) {
        return failed(`${model} is available, but cannot embed`, 'PALDOCS_EMBEDDING_MODEL=qwen3-embedding:4b');
      }
      const { dimensions, contextLength, listedInstead } = described;
      if (listedInstead !== undefined) {
        return warning(
          `the server does not list ${model}; it lists ${listedInstead.slice(0, MAX_NAMED).join(', ')}`,
          'set PALDOCS_EMBEDDING_MODEL to the name that the server uses; ignore this if it accepts any name',
        );
      }
      return ok(
        `${model} is available and can embed; dimensions: ${orUnknown(dimensions)}, context: ${orUnknown(contextLength, ' tokens')}`,
      );
    } catch (error) {
      if (!(error instanceof WorkerError) || error.code !== 'OLLAMA_MODEL_MISSING') throw error;
      return failed(`the server has no model ${model}`, `ollama pull ${model}`);
    }
  },
};

function orUnknown(value: number | null, unit = ''): string {
  return value === null ? 'unknown' : `${number(value)}${unit}`;
}
