import { failed, ok, warning, type Check } from '../check.js';
import { withTimeout } from '../../../base/with-timeout.js';
import { WorkerError } from '../../../base/errors.js';

const TIMEOUT_MS = 10_000;
/** Hosted services have hundreds. */
const MOST_NAMED = 5;

export const modelCheck: Check = {
  name: 'model',
  needs: ['ollama', 'openai'],
  run: async ({ config, provider, facts, signal }) => {
    const { model } = config;
    try {
      const described = await withTimeout(TIMEOUT_MS, signal, (limit) => provider.describe(limit));
      if (described === undefined)
        return failed(`the server does not describe ${model} in time`, `restart ${provider.dialect.name}`);
      facts.model = described;
      if (!described.canEmbed) {
        return failed(`${model} is there, but cannot embed`, 'PALDOCS_EMBEDDING_MODEL=qwen3-embedding:4b');
      }
      const { dimensions, contextLength, listedInstead } = described;
      if (listedInstead !== undefined) {
        return warning(
          `the server does not list ${model}, but ${listedInstead.slice(0, MOST_NAMED).join(', ')}`,
          'set PALDOCS_EMBEDDING_MODEL to the name by which the server knows the model, unless it takes any',
        );
      }
      return ok(
        `${model} is there and can embed; ${dimensions ?? 'unknown'} dimensions, context of ${contextLength?.toLocaleString('en-US') ?? 'unknown'} tokens`,
      );
    } catch (error) {
      if (!(error instanceof WorkerError) || error.code !== 'OLLAMA_MODEL_MISSING') throw error;
      return failed(`the server has no model ${model}`, `ollama pull ${model}`);
    }
  },
};
