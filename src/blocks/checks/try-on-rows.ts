import type { Database, Queryable } from '../../postgres/database.js';
import type { BlocksTable } from '../table.js';
import { trying, type Tried } from './trial.js';

/** Writes to blocks as the worker does, and rolls it back. Rows that someone else has locked are left out. */
export async function tryWrites(db: Database, table: BlocksTable, ids: readonly string[]): Promise<Tried> {
  return await trying(db, async (tx, walk) => {
    const locked = await lock(tx, table, ids);
    if (locked.length === 0) return { outcome: 'untried', reason: 'all blocks are locked' };
    const together = await walk(table, locked);
    if (together.outcome !== 'refused' || locked.length === 1) return asByAll(together);
    // One by one: a trigger may refuse to have a certain block changed, which is that block's matter.
    const alone: Tried[] = [];
    for (const id of locked) alone.push(await walk(table, [id]));
    const loop = alone.find(({ outcome }) => outcome === 'loop');
    if (loop !== undefined) return loop;
    return alone.every(({ outcome }) => outcome === 'refused') ? asByAll(alone[0] ?? together) : together;
  });
}

function asByAll(tried: Tried): Tried {
  return tried.outcome === 'refused' ? { ...tried, byAll: true } : tried;
}

async function lock(tx: Queryable, table: BlocksTable, ids: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `SELECT ${table.id}::text AS id FROM ${table.blocks} WHERE ${table.id} = ANY ($1::text[]::${table.idType}[])
 ORDER BY ${table.blocks}.${table.id} FOR NO KEY UPDATE SKIP LOCKED`,
    [ids],
  );
  return [...new Set(rows.map(({ id }) => id))];
}
