import { sampleStored } from '../../blocks/sample-stored.js';
import type { SampledBlock } from '../../blocks/sql/sample-completed.js';
import { PRIORITY } from '../../queue/job.js';
import { compareStored, type CompareContext } from './compare-stored.js';
import { DEFAULT_THRESHOLD } from './comparison.js';
import { Tally } from './tally.js';

/** Blocks that are compared. */
export const FEW = 20;
/** Pages of a sample, and of the next one after a timeout: 4 MB have about 9,000 blocks of 430 bytes. */
const SAMPLE_PAGES = [500, 100];

/**
 * Compares 20 stored vectors with what the model returns now, of as many types as there are. Texts longer than the model's
 * context are left out. They are embedded behind edits.
 *
 * @param signal ends it; its reason must be a DrainingError
 * @param expireMs the longest time that it may take
 * @throws the database's error; the embedder's errors and the signal's reason
 */
export async function checkFew(
  context: CompareContext,
  { signal, expireMs }: { readonly signal: AbortSignal; readonly expireMs: number },
): Promise<Tally> {
  const { database, blocks } = context;
  const sample = await sampleStored(database, blocks.table, FEW, SAMPLE_PAGES);
  const ids = takeOfEachType(sample, FEW).map(({ id }) => id);
  const tally = new Tally(DEFAULT_THRESHOLD);
  tally.add(
    await compareStored(context, ids, {
      ...{ signal, expireMs, priority: PRIORITY.backlog, explore: false, embedsLong: false },
      attempt: (statement) => statement(),
    }),
  );
  return tally;
}

/** One of each type, then another of each, and so on. */
function takeOfEachType(blocks: readonly SampledBlock[], count: number): SampledBlock[] {
  const byType = [...Map.groupBy(blocks, ({ type }) => type).values()];
  const inTurn = Array.from({ length: count }, (_, place) =>
    byType.flatMap((ofType) => ofType.slice(place, place + 1)),
  );
  return inTurn.flat().slice(0, count);
}
