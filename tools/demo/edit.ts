import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { readBlocks, type StoredBlock } from './blocks.js';
import { parentNode, textNode } from './documents/editor-node.js';
import { StallTimeout } from './stall-timeout.js';
import type { Stage } from './stage.js';

const POLL_MS = 5;

export interface Edit {
  readonly before: StoredBlock;
  readonly after: StoredBlock;
  /** From the commit of the edit until the demo saw its vector in the table. */
  readonly ms: number;
}

/**
 * Changes a block's text as the API would, and waits until the worker has processed it.
 *
 * @returns undefined if there is no such block
 * @throws WorkerError if the worker does not process it in time
 */
export async function editBlock(
  { config, database, table, signal }: Stage,
  id: string,
  text: string,
): Promise<Edit | undefined> {
  const [before] = await readBlocks(database, table, id);
  if (before === undefined) return undefined;
  const content = JSON.stringify(parentNode('paragraph', [textNode(text)]));
  await database.query(
    `UPDATE ${table.blocks} SET ${table.content} = $2::text::jsonb WHERE ${table.id} = $1::text::${table.idType}`,
    [id, content],
  );
  const committed = performance.now();
  const timeout = new StallTimeout(config);
  for (;;) {
    const [block] = await database.query<{ status: string }>(
      `SELECT embedding_status::text AS status FROM ${table.blocks} WHERE ${table.id} = $1::text::${table.idType}`,
      [id],
    );
    if (block?.status !== 'pending' && block?.status !== 'processing') break;
    timeout.check(0);
    await sleep(POLL_MS, undefined, { signal });
  }
  const ms = performance.now() - committed;
  const [after] = await readBlocks(database, table, id);
  return after && { before, after, ms };
}

/** The last paragraph of that note, or of all notes if there is no such note. */
export async function findParagraph({ database, table }: Stage, noteTitle: string): Promise<string> {
  const [row] = await database.query<{ id: string }>(
    `SELECT b.${table.id}::text AS id FROM ${table.blocks} b JOIN ${table.notes} n ON n.${table.notesId} = b.${table.noteId}
 WHERE b.${table.type} = 'paragraph' ORDER BY (n.${table.notesTitle} = $1) DESC, b.${table.id} DESC LIMIT 1`,
    [noteTitle],
  );
  if (row === undefined) throw new Error('no document has a paragraph');
  return row.id;
}
