import { WorkerError } from '../base/errors.js';
import type { Database } from '../postgres/database.js';
import { withStatementTimeout } from '../postgres/statement-timeout.js';
import { readTableSize } from './sql/read-table-size.js';
import { sampleCompleted, type SampledBlock } from './sql/sample-completed.js';
import { samplePart, wholeTable } from './table-part.js';
import { STATEMENT_TIMEOUT_MS } from './table-walk.js';
import type { BlocksTable } from './table.js';

/** Pages of a sample, and of the next one after a timeout: 64 MB have about 150,000 blocks of 430 bytes. */
const SAMPLE_PAGES: readonly number[] = [8_000, 2_000, 500];
/** The code of the error that even the smallest sample takes too long. */
export const SAMPLE_TIMEOUT = 'SAMPLE_TIMEOUT';
/** Seeds below this are whole numbers that PostgreSQL takes. */
const SEEDS = 2 ** 31;

/**
 * Chooses completed blocks at random, at most `perType` of each type. Of a table larger than the sample it reads pages chosen
 * at random, so a rare type may be missing.
 *
 * @param samplePages pages of a sample, and of the next one after a timeout
 * @throws WorkerError if even the smallest sample takes longer than a second
 */
export async function sampleStored(
  db: Database,
  table: BlocksTable,
  perType: number,
  samplePages = SAMPLE_PAGES,
): Promise<SampledBlock[]> {
  const size = await readTableSize(db, table);
  const seed = Math.floor(Math.random() * SEEDS);
  for (const pages of samplePages) {
    const isWhole = !size.canSample || size.pages <= pages;
    const part = isWhole ? wholeTable(table) : samplePart(table, (100 * pages) / size.pages, seed);
    const found = await withStatementTimeout(db, STATEMENT_TIMEOUT_MS, (tx) =>
      sampleCompleted(tx, table, part, perType),
    );
    if (found !== undefined) return found;
  }
  throw new WorkerError(SAMPLE_TIMEOUT, `${table.blocksName}: choosing a sample took longer than a second`, {
    fix: 'try again later, or check all blocks with --all',
  });
}
