import { requireNoteIndex } from '../../../blocks/checks/note-index.js';
import { joinNames } from '../../../blocks/checks/join-names.js';
import type { ContextKind } from '../../../blocks/context/kinds.js';
import { ok, tableOf, type Check } from '../check.js';

const FOUND: Readonly<Record<ContextKind, string>> = {
  headings: 'a heading is embedded with the title of its note, any other block by itself',
  title: 'each block is embedded with the title of its note',
  path: 'each block is embedded with the title of its note and the headings above it',
};

export const contextCheck: Check = {
  name: 'context',
  needs: ['tables'],
  run: async (context) => {
    const table = tableOf(context);
    const indexes = await requireNoteIndex(context.database, table);
    const through = indexes.length === 0 ? '' : `, which are found through ${joinNames(indexes)}`;
    return ok(FOUND[table.context] + through);
  },
};
