import { isDeepStrictEqual } from 'node:util';
import type { VectorKind } from '../postgres/vector-codec.js';
import type { ContextKind } from './context/kinds.js';

/** The API's tables and columns that we read and write, as the operator named them, and what of them is embedded. */
export interface TableNames {
  readonly blocksTable: string;
  readonly notesTable: string;
  readonly blocksId: string;
  readonly blocksNoteId: string;
  readonly blocksType: string;
  readonly blocksContent: string;
  readonly blocksEmbedding: string;
  readonly blocksStatus: string;
  /** Undefined if the operator named none: only paths need it. */
  readonly blocksPosition: string | undefined;
  readonly notesId: string;
  readonly notesTitle: string;
  readonly context: ContextKind;
}

/** What statements on blocks and notes are built from: quoted names, and types read from the catalogue. */
export interface BlocksTable {
  /** Quoted, with schema. */
  readonly blocks: string;
  readonly notes: string;
  /** The same for messages, quoted only where SQL needs it: `public.blocks`. */
  readonly blocksName: string;
  readonly notesName: string;
  /** Quoted column names. */
  readonly id: string;
  readonly noteId: string;
  readonly type: string;
  readonly content: string;
  readonly embedding: string;
  readonly status: string;
  /** Orders the blocks of a note; null if the operator named no such column. */
  readonly position: string | null;
  readonly notesId: string;
  readonly notesTitle: string;
  /** The same columns, unquoted as in the catalogue. */
  readonly columns: ColumnNames;
  /** The type of `id` as a cast: `integer`, `bigint`, `uuid`, `text`, … */
  readonly idType: string;
  readonly contentFormat: 'text' | 'json';
  /** The type of the embedding column as a cast, with its schema if the search path lacks it. */
  readonly vectorType: string;
  /** Which of pgvector's types it is. */
  readonly vectorKind: VectorKind;
  /** Its oid, for binary parameters. */
  readonly vectorTypeOid: number;
  /** N of `vector(N)` or `halfvec(N)`. */
  readonly dimensions: number;
  /** What of its note is part of a block's text. */
  readonly context: ContextKind;
}

export interface ColumnNames {
  readonly id: string;
  readonly noteId: string;
  readonly type: string;
  readonly content: string;
  readonly embedding: string;
  readonly status: string;
  readonly position: string | null;
  readonly notesId: string;
  readonly notesTitle: string;
}

/**
 * Updates the description of the tables in place. All parts of a worker share it and build each statement from it, so that
 * an altered column takes effect everywhere at once.
 */
export function adoptTable(table: BlocksTable, fresh: BlocksTable): void {
  Object.assign(table, fresh);
}

export function isSameTable(table: BlocksTable, fresh: BlocksTable): boolean {
  return isDeepStrictEqual(table, fresh);
}

/** The two columns that the worker writes, unquoted. */
export function writtenColumns({ columns }: BlocksTable): readonly string[] {
  return [columns.embedding, columns.status];
}
