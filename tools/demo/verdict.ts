import { cosineDistance, readBlocks, textOf } from './blocks.js';
import type { Edit } from './edit.js';
import type { Stage } from './stage.js';

/** Two requests for the same text may differ by what batching does to floating point, and no more. */
const SAME_TEXT_DISTANCE = 0.01;

/**
 * Checks what the demo set out to show: each block that holds text is `completed` and has a vector, each other one is
 * `skipped` and has none.
 *
 * @returns what is not so; empty when all is well
 */
export async function findFaults({ database, table }: Stage): Promise<string[]> {
  const blocks = await readBlocks(database, table);
  return blocks.flatMap((block) => {
    const expected = textOf(block) === null ? 'skipped' : 'completed';
    const fault = `block ${block.id} (${block.noteTitle}, ${block.type})`;
    if (block.status !== expected) return [`${fault} is ${block.status} and should be ${expected}`];
    if ((block.vector !== null) !== (expected === 'completed')) {
      return [`${fault} is ${expected} and has ${block.vector === null ? 'no vector' : 'a vector'}`];
    }
    return [];
  });
}

/** Distances of the stored vector to what the model makes of the edited block's new and old text. */
export interface EditCheck {
  readonly toNew: number;
  readonly toOld: number;
  readonly isNew: boolean;
}

/** Embeds the edited block's texts itself and compares: the vector must be that of the new one. */
export async function checkEdit({ model, signal }: Stage, { before, after }: Edit): Promise<EditCheck> {
  const { vector } = after;
  if (vector === null) return { toNew: Number.NaN, toOld: Number.NaN, isNew: false };
  const distanceTo = async (text: string | null) => cosineDistance(vector, await model.embedText(text ?? '', signal));
  const toNew = await distanceTo(textOf(after));
  const toOld = await distanceTo(textOf(before));
  return { toNew, toOld, isNew: toNew < SAME_TEXT_DISTANCE && toNew < toOld };
}
