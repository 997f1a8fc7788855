import type { ContextKind } from '../../../src/blocks/context/kinds.js';
import type { BlockModel } from './model.js';
import type { Transaction } from './transaction.js';

/** One step of the API within a transaction. */
type Action = (tx: Transaction) => Promise<void>;

const INSERTED_AT_ONCE = 12;

async function insert(tx: Transaction): Promise<void> {
  await tx.insert(tx.anyNote(), tx.texts.any());
}

async function insertMany(tx: Transaction): Promise<void> {
  const note = tx.anyNote();
  for (let i = 0; i < INSERTED_AT_ONCE; i++) await tx.insert(note, tx.texts.any());
}

async function edit(tx: Transaction): Promise<void> {
  const block = tx.anyBlock();
  if (block === undefined) return await insert(tx);
  await tx.edit(block, tx.texts.any(block.type === 'mermaid' ? 'paragraph' : undefined));
}

/** Edits the same block several times in one transaction; only the last edit counts. */
async function editRepeatedly(tx: Transaction): Promise<void> {
  const block = tx.anyBlock();
  if (block === undefined) return await insert(tx);
  let current: BlockModel = block;
  for (let i = tx.random.between(2, 4); i > 0; i--) {
    await tx.edit(current, tx.texts.any());
    current = tx.changes.blocks.get(block.id) ?? current;
  }
}

async function deleteBlock(tx: Transaction): Promise<void> {
  const block = tx.anyBlock();
  if (block !== undefined) await tx.remove(block);
}

async function changeToMermaid(tx: Transaction): Promise<void> {
  const block = tx.anyBlock();
  if (block !== undefined) await tx.edit(block, tx.texts.of('none', 'mermaid'));
}

async function clearText(tx: Transaction): Promise<void> {
  const block = tx.anyBlock();
  if (block !== undefined) await tx.edit(block, tx.texts.of('none', 'paragraph'));
}

/** The embedded text of a heading includes the note's title, but the trigger does not notice a new title. */
async function renameNote(tx: Transaction): Promise<void> {
  const id = tx.anyNote();
  const title = `Note ${tx.texts.word()}`;
  const headings = tx.blocks().filter(({ noteId, type }) => noteId === id && type === 'heading');
  const rename = async () => {
    await tx.client.query('UPDATE notes SET title = $2 WHERE id = $1', [id, title]);
    tx.changes.notes.set(id, { id, title });
  };
  const headingsFirst = tx.random.chance(0.3);
  if (!headingsFirst) await rename();
  await tx.announce(headings, `note ${id} renamed to ${title}`);
  if (headingsFirst) await rename();
}

async function moveBlock(tx: Transaction): Promise<void> {
  const block = tx.anyBlock();
  if (block === undefined) return;
  const noteId = tx.anyNote();
  await tx.client.query('UPDATE blocks SET note_id = $2 WHERE id = $1', [block.id, noteId]);
  const moved = { ...block, noteId };
  const what = `moved to note ${noteId}`;
  if (block.type === 'heading') await tx.announce([moved], what);
  else tx.changed(moved, what, false);
}

/** To a random position, which may be below other headings. The triggers announce what that changes. */
async function moveWithinNote(tx: Transaction): Promise<void> {
  const block = tx.anyBlock();
  if (block === undefined) return;
  await tx.client.query('UPDATE blocks SET position = $2 WHERE id = $1', [
    block.id,
    tx.random.between(0, 1_000_000) / 1e6,
  ]);
  tx.changed(block, 'moved within its note', false);
}

/** Deletes a heading, or changes its level and text. */
async function changeHeading(tx: Transaction): Promise<void> {
  const headings = tx.blocks().filter(({ type }) => type === 'heading');
  if (headings.length === 0) return await insert(tx);
  const heading = tx.random.pick(headings);
  if (tx.random.chance(0.2)) await tx.remove(heading);
  else await tx.edit(heading, tx.texts.of('good', 'heading'));
}

type Weighted = readonly [weight: number, action: Action];

/** By weight. */
const ACTIONS: readonly Weighted[] = [
  [18, insert],
  [1, insertMany],
  [40, edit],
  [12, editRepeatedly],
  [8, deleteBlock],
  [4, changeToMermaid],
  [2, clearText],
  [8, renameNote],
  [7, moveBlock],
];

const WITH_POSITIONS: readonly Weighted[] = [...ACTIONS, [8, moveWithinNote], [8, changeHeading]];

export function actionsFor(context: ContextKind): readonly Weighted[] {
  return context === 'path' ? WITH_POSITIONS : ACTIONS;
}
