import type { ContextKind } from '../../../src/blocks/context/kinds.js';
import { sqlBlocks } from '../../../test/docs/sql-blocks.js';

/**
 * SQL that adds what paths need to the API's tables: positions at random, an index, and the triggers of docs/context.md, which
 * announce changed headings and titles.
 */
export async function contextSql(context: ContextKind): Promise<string> {
  if (context !== 'path') return '';
  const triggers = await sqlBlocks('context.md');
  return [
    'ALTER TABLE blocks ADD position numeric NOT NULL DEFAULT random()::numeric;',
    `CREATE INDEX blocks_headings ON blocks (note_id) WHERE block_type = 'heading';`,
    ...triggers.map(({ sql }) => sql),
  ].join('\n');
}

/** What the workers are told. */
export function contextEnvironment(context: ContextKind): Readonly<Record<string, string>> {
  return {
    PALDOCS_EMBEDDING_CONTEXT: context,
    ...(context === 'path' && { PALDOCS_BLOCKS_POSITION_COLUMN: 'position' }),
  };
}

/**
 * SQL for the contents of the headings above a block, in order; none unless paths are embedded.
 *
 * @param block SQL for the row
 */
export function headingsAboveSql(block: string, context: ContextKind): string {
  if (context !== 'path') return `'{}'::text[]`;
  return `ARRAY(SELECT h.content::text FROM blocks h WHERE h.note_id = ${block}.note_id AND h.block_type = 'heading'
    AND h.position < ${block}.position ORDER BY h.position, h.id)`;
}
