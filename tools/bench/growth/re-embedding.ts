import type { LaunchedStandIn } from '../../stand-in/launch.js';
import { embedPending, forgetJobs, type EmbeddingCost } from '../embed-pending.js';
import type { Bench } from '../scenario.js';
import { BENCH_MARK } from '../statements.js';
import { settle, type GrowthTable } from './table.js';

/**
 * Sets blocks at the end of the table `pending` once the worker has finished its first sweep, and embeds them again.
 *
 * @param again the number of blocks
 * @param run numbered from 0; each run takes other blocks, as far as the table has others
 */
export async function embedAgain(
  bench: Bench,
  { db, blocks }: GrowthTable,
  again: number,
  standIn: LaunchedStandIn,
  run: number,
): Promise<EmbeddingCost> {
  const first = Math.max(0, blocks - again * (run + 1)) + 1;
  const ids = Array.from({ length: again }, (_, i) => String(first + i));
  await settle(db);
  await forgetJobs(db);
  const afterSweep = () =>
    db.query(`UPDATE ${BENCH_MARK} blocks SET embedding_status = 'pending' WHERE id = ANY ($1::bigint[])`, [ids]);
  const enqueue = { afterSweep, after: String(first - 1) };
  const done = await embedPending({ bench, db, standIn, ids, enqueue });
  if (done.blocks !== again) throw new Error(`${done.blocks} of ${again} blocks were embedded`);
  return done;
}

/** Blocks per second. */
export function rateOf(cost: EmbeddingCost | undefined): number {
  return cost === undefined ? Number.NaN : cost.blocks / cost.seconds;
}
