import { errorCode } from '../../../base/errors.js';
import { ok, warning, type Check } from '../check.js';
import { findingOf } from '../finding-of.js';
import { reach } from './reach.js';

/** A key may be good for embeddings alone. */
const NO_LIST_FOR_KEY = new Set<unknown>(['OPENAI_UNAUTHORIZED', 'OPENAI_FORBIDDEN']);

export const openaiCheck: Check = {
  name: 'openai',
  needs: [],
  run: async (context) => {
    try {
      const reached = await reach(context, 'start the server, or correct PALDOCS_OPENAI_URL');
      return 'status' in reached ? reached : ok(`answers at ${reached.where}`);
    } catch (error) {
      if (!NO_LIST_FOR_KEY.has(errorCode(error))) throw error;
      const { found, fix = '' } = findingOf(error);
      return warning(`${found} to the question which models it has`, `where the check "vectors" fails, too: ${fix}`);
    }
  },
};
