import type { TestDatabase } from '../../../test/support/test-database.js';
import { insertEmbedded } from '../embedded-table.js';
import type { Bench } from '../scenario.js';

/** A pass reads no vectors, and they need ten times the space of the texts. */
const VECTORS = 100_000;
/** Gives rows of about 430 bytes, with the space that the fillfactor leaves free. */
const WORDS = 40;

export interface GrowthTable {
  readonly blocks: number;
  /** Begins the names of its figures. */
  readonly name: string;
  readonly db: TestDatabase;
}

/** A database with this many `completed` blocks. The caller drops it. */
export async function createTable(bench: Bench, blocks: number): Promise<GrowthTable> {
  const db = await bench.server.createDatabase();
  const table = { blocks, name: `${blocks.toLocaleString('en')} blocks`, db };
  bench.print(`growth: inserting ${table.name}`);
  const started = performance.now();
  try {
    await insertEmbedded(db, blocks, bench.options.seed, { vectors: VECTORS, words: WORDS });
    const bytes = await tableBytes(db);
    const seconds = (performance.now() - started) / 1000;
    bench.print(`growth ${table.name}: ${(bytes / 1e6).toFixed(0)} MB, inserted in ${seconds.toFixed(0)} s`);
    return table;
  } catch (error) {
    await db.drop();
    throw error;
  }
}

/** Size of what a pass over the table reads: without indexes and TOAST. */
export async function tableBytes(db: TestDatabase): Promise<number> {
  const [row] = await db.query<{ bytes: number }>(`SELECT pg_relation_size('blocks')::float8 AS bytes`);
  return row?.bytes ?? Number.NaN;
}

/** Puts the table into the same state before each measurement. */
export async function settle(db: TestDatabase): Promise<void> {
  await db.query('VACUUM (ANALYZE) blocks');
  await db.query('CHECKPOINT');
}
