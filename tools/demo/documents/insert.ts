import type { BlocksTable } from '../../../src/blocks/table.js';
import type { Database } from '../../../src/postgres/database.js';
import type { Document } from './find.js';

/** Inserts documents as the API would: a note and its blocks in order, one transaction per document. */
export async function insertDocuments(
  database: Database,
  table: BlocksTable,
  documents: readonly Document[],
): Promise<void> {
  for (const { title, blocks } of documents) {
    await database.transaction(async (tx) => {
      const [note] = await tx.query<{ id: string }>(
        `INSERT INTO ${table.notes} (title) VALUES ($1) RETURNING id::text AS id`,
        [title],
      );
      await tx.query(
        `INSERT INTO ${table.blocks} (note_id, block_type, content)
SELECT $1::bigint, type, content::jsonb FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS b (type, content, place)
 ORDER BY place`,
        [note?.id, blocks.map(({ type }) => type), blocks.map(({ content }) => JSON.stringify(content))],
      );
    });
  }
}

export function countBlocks(documents: readonly Document[]): number {
  return documents.reduce((sum, { blocks }) => sum + blocks.length, 0);
}
