import { isDeepStrictEqual } from 'node:util';

/** The names of what we read and write in the API's schema, as the operator wrote them. */
export interface TableNames {
  readonly blocksTable: string;
  readonly notesTable: string;
  readonly blocksId: string;
  readonly blocksNoteId: string;
  readonly blocksType: string;
  readonly blocksContent: string;
  readonly blocksEmbedding: string;
  readonly blocksStatus: string;
  readonly notesId: string;
  readonly notesTitle: string;
}

/** What the statements on blocks and notes are built from: quoted names, and the types read from the catalogue. */
export interface BlocksTable {
  /** Quoted, with schema. */
  readonly blocks: string;
  readonly notes: string;
  /** The same for people, quoted only where SQL needs it: `public.blocks`. */
  readonly blocksName: string;
  readonly notesName: string;
  /** Quoted column names. */
  readonly id: string;
  readonly noteId: string;
  readonly type: string;
  readonly content: string;
  readonly embedding: string;
  readonly status: string;
  readonly notesId: string;
  readonly notesTitle: string;
  /** The same columns, not quoted, as the catalogue holds them. */
  readonly columns: ColumnNames;
  /** The type of `id` as a cast: `integer`, `bigint`, `uuid`, `text`, … */
  readonly idType: string;
  readonly contentFormat: 'text' | 'json';
  /** The type of the embedding column as a cast, with its schema where the search path lacks it. */
  readonly vectorType: string;
  /** Its oid, for binary parameters. */
  readonly vectorTypeOid: number;
  /** N of `vector(N)`. */
  readonly dimensions: number;
}

export interface ColumnNames {
  readonly id: string;
  readonly noteId: string;
  readonly type: string;
  readonly content: string;
  readonly embedding: string;
  readonly status: string;
  readonly notesId: string;
  readonly notesTitle: string;
}

/**
 * Takes over what the catalogue says now. All parts of a worker hold one description of the tables and build their
 * statements from it each time, so that an altered column is known everywhere at once.
 */
export function adoptTable(table: BlocksTable, fresh: BlocksTable): void {
  Object.assign(table, fresh);
}

export function isSameTable(table: BlocksTable, fresh: BlocksTable): boolean {
  return isDeepStrictEqual(table, fresh);
}
