import { errorCode } from '../../../base/errors.js';
import { ok, warning, type Check } from '../check.js';
import { findingOf } from '../finding-of.js';
import { reach } from './reach.js';

/** A key may be valid for embeddings only. */
const MAY_NOT_LIST = new Set<unknown>(['OPENAI_UNAUTHORIZED', 'OPENAI_FORBIDDEN']);

export const openaiCheck: Check = {
  name: 'openai',
  needs: [],
  run: async (context) => {
    try {
      const reached = await reach(context, 'start the server, or correct PALDOCS_OPENAI_URL');
      return 'status' in reached ? reached : ok(`the server answers at ${reached.where}`);
    } catch (error) {
      if (!MAY_NOT_LIST.has(errorCode(error))) throw error;
      const { found, fix = '' } = findingOf(error);
      return warning(`${found} when asked for its models`, `if the check "vectors" fails too: ${fix}`);
    }
  },
};
