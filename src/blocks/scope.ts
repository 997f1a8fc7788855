import type { BlocksTable } from './table.js';

/** The blocks that a command applies to. */
export interface BlockScope {
  /** Only blocks of these types; null: all types. */
  readonly types: readonly string[] | null;
  /** Only blocks of these notes; null: all notes. `idType` is the type of their ids, as a cast. */
  readonly notes: { readonly ids: readonly string[]; readonly idType: string } | null;
}

export const EVERY_BLOCK: BlockScope = { types: null, notes: null };

/**
 * SQL that holds for the blocks at alias `b` that are in scope. Its parameters are `scopeValues`.
 *
 * @param types SQL for the first parameter, such as `$1`
 * @param noteIds SQL for the second
 */
export function scopeSql(table: BlocksTable, { notes }: BlockScope, types: string, noteIds: string): string {
  const inNotes = notes === null ? '' : ` OR b.${table.noteId} = ANY (${noteIds}::text[]::${notes.idType}[])`;
  return `(${types}::text[] IS NULL OR b.${table.type}::text = ANY (${types}::text[]))
   AND (${noteIds}::text[] IS NULL${inNotes})`;
}

export function scopeValues({ types, notes }: BlockScope): [readonly string[] | null, readonly string[] | null] {
  return [types, notes?.ids ?? null];
}
