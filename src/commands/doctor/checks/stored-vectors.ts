import { checkFew, FEW } from '../../../backlog/stored-vectors/check-few.js';
import { likeliestReason } from '../../../backlog/stored-vectors/likeliest-reason.js';
import type { Tally } from '../../../backlog/stored-vectors/tally.js';
import { errorCode } from '../../../base/errors.js';
import { withTimeout } from '../../../base/with-timeout.js';
import { Blocks } from '../../../blocks/blocks.js';
import { SAMPLE_TIMEOUT } from '../../../blocks/sample-stored.js';
import { openModel } from '../../verify/open-model.js';
import { counted } from '../../../terminal/output.js';
import { ok, skipped, tableOf, warning, type Check, type CheckContext } from '../check.js';

const TIMEOUT_MS = 5_000;

export const storedVectorsCheck: Check = {
  name: 'stored vectors',
  needs: ['tables', 'privileges', 'vectors'],
  run: async (context) => {
    const tally = await withTimeout(TIMEOUT_MS, context.signal, (signal) => checkStored(context, signal)).catch(
      unlessSlowSample,
    );
    if (tally === undefined) return skipped(`comparing ${FEW} vectors takes longer than ${TIMEOUT_MS / 1000} s`);
    const { checked, drifted, lowestCosine, notEmbedded } = tally.total;
    if (checked === 0) {
      return skipped(
        notEmbedded === 0 ? 'no completed block was found' : 'the model embeds none of the sampled blocks',
      );
    }
    const reason = likeliestReason(tally);
    if (reason === null) {
      const lowest = lowestCosine === null ? '' : ` (cosine ${lowestCosine.toFixed(4)} or more)`;
      return ok(`${counted(checked, 'vector')} like those that the model returns now${lowest}`);
    }
    return warning(
      `${drifted} of ${counted(checked, 'vector')} differ from what the model returns now; ${reason.message}`,
      `embedding-worker verify, which compares more of them; then, if that agrees:\n${reason.fix}`,
    );
  },
};

async function checkStored(context: CheckContext, limit: AbortSignal): Promise<Tally> {
  const { config, database, log } = context;
  const table = tableOf(context);
  const model = openModel({ config, table, signal: limit, maxOutageMs: TIMEOUT_MS, log });
  try {
    const compare = { database, blocks: new Blocks(database, table), embedder: model.embedder };
    return await checkFew(compare, { signal: model.signal, expireMs: TIMEOUT_MS });
  } finally {
    model.close();
  }
}

/** A sample that takes too long is no fault. */
function unlessSlowSample(error: unknown): undefined {
  if (errorCode(error) !== SAMPLE_TIMEOUT) throw error;
}
