import { cosineDistance, readBlocks, textOf } from './blocks.js';
import type { Edit } from './edit.js';
import type { Stage } from './stage.js';

/** Two vectors of the same text may differ by rounding, which depends on the batch. */
const SAME_TEXT_DISTANCE = 0.01;

/**
 * Checks that each block with text is `completed` and has a vector, and that all others are `skipped` and have none.
 *
 * @returns one message for each wrong block
 */
export async function findFaults({ database, table }: Stage): Promise<string[]> {
  const blocks = await readBlocks(database, table);
  return blocks.flatMap((block) => {
    const expected = textOf(block) === null ? 'skipped' : 'completed';
    const fault = `block ${block.id} (${block.noteTitle}, ${block.type})`;
    if (block.status !== expected) return [`${fault} has status ${block.status} instead of ${expected}`];
    if ((block.vector !== null) !== (expected === 'completed')) {
      return [`${fault} has status ${expected} and ${block.vector === null ? 'no vector' : 'a vector'}`];
    }
    return [];
  });
}

/** Cosine distances from the stored vector to those of the edited block's new and old text. */
export interface EditCheck {
  readonly toNew: number;
  readonly toOld: number;
  readonly isNew: boolean;
}

/** Embeds the edited block's old and new text and compares: the stored vector must match the new one. */
export async function checkEdit({ model, signal }: Stage, { before, after }: Edit): Promise<EditCheck> {
  const { vector } = after;
  if (vector === null) return { toNew: Number.NaN, toOld: Number.NaN, isNew: false };
  const distanceTo = async (text: string | null) => cosineDistance(vector, await model.embedText(text ?? '', signal));
  const toNew = await distanceTo(textOf(after));
  const toOld = await distanceTo(textOf(before));
  return { toNew, toOld, isNew: toNew < SAME_TEXT_DISTANCE && toNew < toOld };
}
