import type { Nature, Text } from './texts.js';

export interface NoteModel {
  readonly id: string;
  readonly title: string;
}

/** What the writer knows of a block: all that its last committed transaction left. */
export interface BlockModel {
  readonly id: string;
  readonly noteId: string;
  readonly type: string;
  readonly content: unknown;
  readonly nature: Nature;
  readonly word: string;
  /** When the last commit that changed its text was acknowledged, milliseconds since 1970. */
  readonly changedAt: number;
}

/** One thing the writer did, for a block's history. */
export interface Deed {
  readonly at: number;
  readonly session: string;
  readonly blockId: string;
  readonly what: string;
}

/** Changes of one transaction; they count when it is committed. */
export interface Changes {
  readonly notes: Map<string, NoteModel | undefined>;
  readonly blocks: Map<string, BlockModel | undefined>;
  readonly deeds: Omit<Deed, 'at' | 'session'>[];
  /** Blocks whose text is another: they became pending, and were announced. */
  readonly retexted: Set<string>;
}

export function noChanges(): Changes {
  return { notes: new Map(), blocks: new Map(), deeds: [], retexted: new Set() };
}

export function blockOf(id: string, noteId: string, { type, content, nature, word }: Text): BlockModel {
  return { id, noteId, type, content, nature, word, changedAt: Date.now() };
}

/**
 * The API's tables as the writer left them. Each session writes to notes of its own and their blocks, so that the order
 * of commits is known; the workers, of course, write to all of them.
 */
export class Model {
  readonly notes = new Map<string, NoteModel>();
  readonly blocks = new Map<string, BlockModel>();
  readonly deeds: Deed[] = [];
  /** Every block that ever was, for counts. */
  writes = 0;
  /** Every change of a text, for the time it took to be stored. */
  readonly edits: { readonly blockId: string; readonly at: number; readonly nature: Nature }[] = [];

  apply(changes: Changes, session: string): void {
    const at = Date.now();
    for (const [id, note] of changes.notes) set(this.notes, id, note);
    for (const [id, block] of changes.blocks) {
      set(this.blocks, id, block && { ...block, changedAt: at });
      if (block !== undefined && changes.retexted.has(id)) this.edits.push({ blockId: id, at, nature: block.nature });
    }
    for (const deed of changes.deeds) this.deeds.push({ ...deed, at, session });
    this.writes += changes.deeds.length;
  }

  history(blockId: string): Deed[] {
    return this.deeds.filter((deed) => deed.blockId === blockId);
  }
}

function set<T>(map: Map<string, T>, id: string, value: T | undefined): void {
  if (value === undefined) map.delete(id);
  else map.set(id, value);
}
