import type { TestDatabase } from '../../../test/support/test-database.js';

/** At most this share of the table, so that the rest evicts it if anything does. */
const SHARE = 0.1;
const MOST_PAGES = 20_000;

/** Adjacent pages in the middle of the table that the API reads again and again. */
export interface HotSet {
  readonly firstPage: number;
  readonly pages: number;
  /** Of one block on each page. */
  readonly ids: readonly string[];
}

export async function chooseHotSet(db: TestDatabase): Promise<HotSet> {
  await db.query('CREATE EXTENSION IF NOT EXISTS pg_buffercache');
  const [size] = await db.query<{ pages: number }>(
    `SELECT (pg_relation_size('blocks') / current_setting('block_size')::int)::int AS pages`,
  );
  const all = size?.pages ?? 0;
  const pages = Math.max(1, Math.min(MOST_PAGES, Math.floor(all * SHARE)));
  const firstPage = Math.floor((all - pages) / 2);
  const rows = await db.query<{ id: string }>(
    `SELECT min(id)::text AS id FROM blocks WHERE ctid >= $1::tid AND ctid < $2::tid GROUP BY (ctid::text::point)[0]`,
    [`(${firstPage},0)`, `(${firstPage + pages},0)`],
  );
  return { firstPage, pages, ids: rows.map(({ id }) => id) };
}

/** The share of the set that is in shared_buffers. */
export async function shareInMemory(db: TestDatabase, { firstPage, pages }: HotSet): Promise<number> {
  const [row] = await db.query<{ pages: number }>(
    `SELECT count(*)::int AS pages FROM pg_buffercache
      WHERE reldatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND relfilenode = pg_relation_filenode('blocks') AND relforknumber = 0
        AND relblocknumber >= $1 AND relblocknumber < $2`,
    [firstPage, firstPage + pages],
  );
  return (row?.pages ?? 0) / pages;
}
