import type { TextKind, Text } from './texts.js';

export interface NoteModel {
  readonly id: string;
  readonly title: string;
}

/** A block as the last committed transaction of the writer left it. */
export interface BlockModel {
  readonly id: string;
  readonly noteId: string;
  readonly type: string;
  readonly content: unknown;
  readonly kind: TextKind;
  readonly word: string;
  /** When the last commit that changed its text was acknowledged, in milliseconds since 1970. */
  readonly changedAt: number;
}

/** One change by the writer, for a block's history. */
export interface Operation {
  readonly at: number;
  readonly session: string;
  readonly blockId: string;
  readonly what: string;
}

/** The changes of one transaction, which apply when it is committed. */
export interface Changes {
  readonly notes: Map<string, NoteModel | undefined>;
  readonly blocks: Map<string, BlockModel | undefined>;
  readonly operations: Omit<Operation, 'at' | 'session'>[];
  /** Blocks with a new text: they became pending and were announced. */
  readonly textChanged: Set<string>;
}

export function noChanges(): Changes {
  return { notes: new Map(), blocks: new Map(), operations: [], textChanged: new Set() };
}

export function blockOf(id: string, noteId: string, { type, content, kind, word }: Text): BlockModel {
  return { id, noteId, type, content, kind, word, changedAt: Date.now() };
}

/**
 * The API's tables as the writer left them. Each session writes only to its own notes and their blocks, so the order of
 * commits is known.
 */
export class Model {
  readonly notes = new Map<string, NoteModel>();
  readonly blocks = new Map<string, BlockModel>();
  readonly operations: Operation[] = [];
  /** How many changes were committed. */
  writes = 0;
  /** Every committed change of a text, to measure how long it took to be stored. */
  readonly edits: { readonly blockId: string; readonly at: number; readonly kind: TextKind }[] = [];

  apply(changes: Changes, session: string): void {
    const at = Date.now();
    for (const [id, note] of changes.notes) set(this.notes, id, note);
    for (const [id, block] of changes.blocks) {
      set(this.blocks, id, block && { ...block, changedAt: at });
      if (block !== undefined && changes.textChanged.has(id)) this.edits.push({ blockId: id, at, kind: block.kind });
    }
    for (const operation of changes.operations) this.operations.push({ ...operation, at, session });
    this.writes += changes.operations.length;
  }

  history(blockId: string): Operation[] {
    return this.operations.filter((operation) => operation.blockId === blockId);
  }
}

function set<T>(map: Map<string, T>, id: string, value: T | undefined): void {
  if (value === undefined) map.delete(id);
  else map.set(id, value);
}
