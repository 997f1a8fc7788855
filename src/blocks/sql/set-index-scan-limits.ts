import type { Queryable } from '../../postgres/database.js';

/** pgvector's default and maximum of `hnsw.ef_search`: one scan of an HNSW index finds no more rows than that. */
const EF_SEARCH = 40;
const EF_SEARCH_MAX = 1_000;

/**
 * Lets index scans of this transaction find `limit` rows: by default an HNSW scan ends after 40, including rows that a filter
 * then removes. With iterative scans (since pgvector 0.8) the scan continues until it has found enough.
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
