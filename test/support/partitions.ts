import type { TestDatabase } from './test-database.js';

/**
 * Replaces the blocks table, which must be empty, by one that is partitioned by id.
 *
 * @param ends the highest id of each partition; a last one takes all others
 */
export async function partitionBlocks(db: TestDatabase, ends: readonly number[] = [1_000, 2_000]): Promise<void> {
  await db.query('ALTER TABLE blocks RENAME TO former_blocks');
  await db.query('CREATE SEQUENCE block_ids');
  await db.query(
    `CREATE TABLE blocks (
       id bigint PRIMARY KEY DEFAULT nextval('block_ids'),
       note_id bigint NOT NULL REFERENCES notes (id) ON DELETE CASCADE,
       block_type text NOT NULL, content jsonb NOT NULL, embedding vector(768),
       embedding_status text NOT NULL DEFAULT 'pending'
     ) PARTITION BY RANGE (id)`,
  );
  for (const [i, end] of [...ends, undefined].entries()) {
    const from = i === 0 ? 'MINVALUE' : (ends[i - 1] ?? 0) + 1;
    const bounds = end === undefined ? 'DEFAULT' : `FOR VALUES FROM (${from}) TO (${end + 1})`;
    await db.query(`CREATE TABLE blocks_${i} PARTITION OF blocks ${bounds}`);
  }
  const triggers = await db.query<{ sql: string }>(
    `SELECT pg_get_triggerdef(oid) AS sql FROM pg_trigger WHERE tgrelid = 'former_blocks'::regclass AND NOT tgisinternal`,
  );
  await db.query('DROP TABLE former_blocks');
  for (const { sql } of triggers) await db.query(sql.replace('former_blocks', 'blocks'));
}
