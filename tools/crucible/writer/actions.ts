import type { BlockModel } from './model.js';
import type { Scope } from './scope.js';

/** One thing that the API does within a transaction. */
type Action = (scope: Scope) => Promise<void>;

const MANY = 12;

async function insert(scope: Scope): Promise<void> {
  await scope.insert(scope.anyNote(), scope.texts.any());
}

async function insertMany(scope: Scope): Promise<void> {
  const note = scope.anyNote();
  for (let i = 0; i < MANY; i++) await scope.insert(note, scope.texts.any());
}

async function edit(scope: Scope): Promise<void> {
  const block = scope.anyBlock();
  if (block === undefined) return await insert(scope);
  await scope.edit(block, scope.texts.any(block.type === 'mermaid' ? 'paragraph' : undefined));
}

/** The same block several times running; in one transaction only the last counts. */
async function editAgainAndAgain(scope: Scope): Promise<void> {
  const block = scope.anyBlock();
  if (block === undefined) return await insert(scope);
  let current: BlockModel = block;
  for (let i = scope.random.between(2, 4); i > 0; i--) {
    await scope.edit(current, scope.texts.any());
    current = scope.changes.blocks.get(block.id) ?? current;
  }
}

async function remove(scope: Scope): Promise<void> {
  const block = scope.anyBlock();
  if (block !== undefined) await scope.remove(block);
}

async function toMermaid(scope: Scope): Promise<void> {
  const block = scope.anyBlock();
  if (block !== undefined) await scope.edit(block, scope.texts.of('none', 'mermaid'));
}

async function toNothing(scope: Scope): Promise<void> {
  const block = scope.anyBlock();
  if (block !== undefined) await scope.edit(block, scope.texts.of('none', 'paragraph'));
}

/** The headings' text holds the title, and the trigger does not know. */
async function renameNote(scope: Scope): Promise<void> {
  const id = scope.anyNote();
  const title = `Note ${scope.texts.word()}`;
  const headings = scope.blocks().filter(({ noteId, type }) => noteId === id && type === 'heading');
  const rename = async () => {
    await scope.client.query('UPDATE notes SET title = $2 WHERE id = $1', [id, title]);
    scope.changes.notes.set(id, { id, title });
  };
  const headingsFirst = scope.random.chance(0.3);
  if (!headingsFirst) await rename();
  await scope.announce(headings, `note ${id} renamed to ${title}`);
  if (headingsFirst) await rename();
}

async function moveBlock(scope: Scope): Promise<void> {
  const block = scope.anyBlock();
  if (block === undefined) return;
  const noteId = scope.anyNote();
  await scope.client.query('UPDATE blocks SET note_id = $2 WHERE id = $1', [block.id, noteId]);
  const moved = { ...block, noteId };
  const what = `moved to note ${noteId}`;
  if (block.type === 'heading') await scope.announce([moved], what);
  else scope.changed(moved, what, false);
}

/** By weight. */
export const ACTIONS: readonly (readonly [weight: number, action: Action])[] = [
  [18, insert],
  [1, insertMany],
  [40, edit],
  [12, editAgainAndAgain],
  [8, remove],
  [4, toMermaid],
  [2, toNothing],
  [8, renameNote],
  [7, moveBlock],
];
