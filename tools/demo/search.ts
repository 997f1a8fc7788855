import { findNearest, type NearestBlock } from '../../src/blocks/sql/find-nearest.js';
import { textOf } from './blocks.js';
import { excerpt, say, screenWidth, style, table as tableLines } from './output.js';
import type { Stage } from './stage.js';

const HITS = 3;

/** Searches by meaning and prints the nearest blocks. */
export async function search(
  { database, table, model, signal }: Stage,
  query: string,
  editedId: string,
): Promise<void> {
  const vector = await model.embedQuery(query, signal);
  const hits = await findNearest(database, table, vector, HITS);
  say(`  ${style('bold', `“${query}”`)}`);
  const rows = hits.map((hit) => [hit.distance.toFixed(2), hit.noteTitle ?? '', hit.type, `#${hit.id}`]);
  tableLines(rows, ['left', 'left', 'left', 'right']).forEach((line, i) => {
    const hit = hits[i];
    if (hit !== undefined) say(`    ${line}  ${found(hit, screenWidth() - line.length - 6, hit.id === editedId)}`);
  });
  say();
}

function found(hit: NearestBlock, columns: number, isEdited: boolean): string {
  const text = textOf({ type: hit.type, content: hit.content ?? '', noteTitle: hit.noteTitle }) ?? '';
  if (!isEdited) return style('dim', excerpt(text, columns));
  const remark = ' ← the edit';
  return style('green', excerpt(text, columns - remark.length) + remark);
}
