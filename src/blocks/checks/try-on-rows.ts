import type { Database } from '../../postgres/database.js';
import { lockBlocks } from '../sql/lock.js';
import type { OtherStatus } from '../sql/read-other-statuses.js';
import type { BlocksTable } from '../table.js';
import { runTrial, type TrialResult } from './trial.js';

/**
 * Writes to blocks as the worker does and rolls it back. Leaves out rows that another transaction has locked.
 *
 * @param otherStatuses see `runTrial`
 */
export async function tryOnRows(
  db: Database,
  table: BlocksTable,
  ids: readonly string[],
  otherStatuses: readonly OtherStatus[],
): Promise<TrialResult> {
  return await runTrial(db, otherStatuses, async (tx, trySteps) => {
    const locked = [...new Set(await lockBlocks(tx, table, ids))]; // tables that inherit may repeat an id
    if (locked.length === 0) return { outcome: 'not-tried', reason: 'all blocks are locked' };
    const together = await trySteps(table, locked);
    if (together.outcome !== 'rejected' || locked.length === 1) return asEveryBlock(together);
    // One by one: a trigger may protect a single block from changes, which concerns only that block.
    const single: TrialResult[] = [];
    for (const id of locked) single.push(await trySteps(table, [id]));
    const loop = single.find(({ outcome }) => outcome === 'loop' || outcome === 'other-pending');
    if (loop !== undefined) return loop;
    return single.every(({ outcome }) => outcome === 'rejected') ? asEveryBlock(single[0] ?? together) : together;
  });
}

function asEveryBlock(result: TrialResult): TrialResult {
  return result.outcome === 'rejected' ? { ...result, everyBlock: true } : result;
}
