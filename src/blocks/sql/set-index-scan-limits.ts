import type { Queryable } from '../../postgres/database.js';

/** pgvector's default and largest `hnsw.ef_search`: an HNSW index finds no more rows than that in one go. */
const EF_SEARCH = 40;
const EF_SEARCH_MAX = 1_000;

/**
 * Lets the vector indexes of this transaction find as many rows as are asked for: by default HNSW ends after 40, and
 * what is filtered afterwards counts among them. Since 0.8 pgvector goes on until there are enough.
 */
export async function setIndexScanLimits(tx: Queryable, limit: number): Promise<void> {
  const [row] = await tx.query<{ iterates: boolean }>(
    `SELECT string_to_array(regexp_replace(extversion, '[^0-9.].*', ''), '.')::int[] >= ARRAY[0, 8] AS iterates
  FROM pg_extension WHERE extname = 'vector'`,
  );
  await tx.query(`SELECT set_config('hnsw.ef_search', $1, true)`, [
    String(Math.min(EF_SEARCH_MAX, Math.max(EF_SEARCH, limit))),
  ]);
  if (row?.iterates !== true) return;
  await tx.query(
    `SELECT set_config('hnsw.iterative_scan', 'strict_order', true), set_config('ivfflat.iterative_scan', 'relaxed_order', true)`,
  );
}
