import { blockText } from '../../src/text/block-text.js';
import type { BlockStatus } from '../../src/blocks/status.js';
import type { BlocksTable } from '../../src/blocks/table.js';
import type { Queryable } from '../../src/postgres/database.js';

export interface StatusCount {
  readonly type: string;
  readonly status: BlockStatus;
  readonly count: number;
}

export async function countByTypeAndStatus(db: Queryable, table: BlocksTable): Promise<StatusCount[]> {
  return await db.query<StatusCount>(
    `SELECT ${table.type}::text AS type, embedding_status::text AS status, count(*)::int AS count
  FROM ${table.blocks} GROUP BY 1, 2 ORDER BY 1, 2`,
  );
}

export interface StoredBlock {
  readonly id: string;
  readonly noteTitle: string;
  readonly type: string;
  /** JSON. */
  readonly content: string;
  readonly status: BlockStatus;
  readonly vector: Float32Array | null;
}

/** Reads all blocks, or one, in the order of their ids. */
export async function readBlocks(db: Queryable, table: BlocksTable, id?: string): Promise<StoredBlock[]> {
  const rows = await db.query<Omit<StoredBlock, 'vector'> & { embedding: string | null }>(
    `SELECT b.${table.id}::text AS id, n.${table.notesTitle} AS "noteTitle", b.${table.type}::text AS type,
       b.${table.content}::text AS content, b.embedding_status::text AS status, b.embedding::text AS embedding
  FROM ${table.blocks} b JOIN ${table.notes} n ON n.${table.notesId} = b.${table.noteId}
 WHERE $1::text IS NULL OR b.${table.id} = $1::text::${table.idType}
 ORDER BY b.${table.id}`,
    [id ?? null],
  );
  return rows.map(({ embedding, ...row }) => ({
    ...row,
    vector: embedding === null ? null : Float32Array.from(JSON.parse(embedding) as number[]),
  }));
}

/** The text of a block that is embedded, without the instruction; null if there is nothing to embed. */
export function textOf(block: Pick<StoredBlock, 'type' | 'content'> & { readonly noteTitle: string | null }) {
  const { type, content, noteTitle } = block;
  return blockText({ type, content, noteTitle, contentFormat: 'json' });
}

/** 0 means the same direction, 1 means unrelated. */
export function cosineDistance(a: Float32Array, b: Float32Array): number {
  return 1 - a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0) / (Math.hypot(...a) * Math.hypot(...b));
}
