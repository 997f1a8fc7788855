import type { ContextKind } from '../../../src/blocks/context/kinds.js';
import { contextTriggers } from '../../../test/docs/context-triggers.js';

/**
 * SQL that adds what titles and paths need to the API's tables: the triggers of docs/context.md, which announce changed titles
 * and headings, and for paths also positions at random and an index.
 */
export async function contextSql(context: ContextKind): Promise<string> {
  if (context === 'headings') return '';
  const triggers = await contextTriggers(context);
  if (context === 'title') return triggers;
  return [
    'ALTER TABLE blocks ADD position numeric NOT NULL DEFAULT random()::numeric;',
    `CREATE INDEX blocks_headings ON blocks (note_id) WHERE block_type = 'heading';`,
    triggers,
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
