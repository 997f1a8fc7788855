import { deterministicVector } from '../../tools/stand-in/deterministic-brain.js';
import type { BlockStatus } from '../../src/blocks/status.js';
import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { encodeContent } from './fixtures.js';
import type { TestDatabase } from './test-database.js';

/** Allowed difference per value: more than float32 rounding, less than the difference between any two texts. */
const TOLERANCE = 1e-6;

export interface StoredBlock {
  readonly status: BlockStatus;
  readonly vector: readonly number[] | null;
}

/** Reads `embedding_status` and `embedding`. */
export async function readBlock(db: TestDatabase, id: string): Promise<StoredBlock> {
  const [row] = await db.query<{ status: BlockStatus; vector: string | null }>(
    'SELECT embedding_status AS status, embedding::text AS vector FROM blocks WHERE id::text = $1',
    [id],
  );
  if (row === undefined) throw new Error(`there is no block ${id}`);
  return { status: row.status, vector: row.vector === null ? null : (JSON.parse(row.vector) as number[]) };
}

export async function untilStatus(
  db: TestDatabase,
  id: string,
  status: BlockStatus,
  timeoutMs?: number,
): Promise<void> {
  await db.untilRow<{ status: BlockStatus }>(
    'SELECT embedding_status AS status FROM blocks WHERE id::text = $1',
    [id],
    (row) => row.status === status,
    timeoutMs,
  );
}

/** Whether a vector is the stand-in's for this text, which includes the instruction. */
export function isVectorOf(vector: readonly number[] | null, text: string): boolean {
  if (vector === null) return false;
  const expected = deterministicVector(text, vector.length);
  return expected.every((value, i) => Math.abs(value - (vector[i] ?? Number.NaN)) < TOLERANCE);
}

/** Waits until the block is `completed`, and checks that its vector belongs to the instruction and this text. */
export async function expectEmbedded(
  db: TestDatabase,
  id: string,
  text: string,
  { instruction = DEFAULT_INSTRUCTION, dimensions = 768, timeoutMs = 10_000 } = {},
): Promise<void> {
  await untilStatus(db, id, 'completed', timeoutMs);
  const { vector } = await readBlock(db, id);
  if (vector === null) throw new Error(`block ${id} is completed and has no vector`);
  expect(vector).toHaveLength(dimensions);
  if (!isVectorOf(vector, instruction + text))
    throw new Error(`block ${id} has the vector of another text than "${text}"`);
}

/** Waits until no block is `pending` or `processing`. */
export async function untilIdle(db: TestDatabase, timeoutMs = 20_000): Promise<void> {
  await db.untilRow<{ open: number }>(
    `SELECT count(*)::int AS open FROM blocks WHERE embedding_status IN ('pending', 'processing')`,
    [],
    ({ open }) => open === 0,
    timeoutMs,
  );
}

/** How many blocks have each status. */
export async function countByStatus(db: TestDatabase): Promise<Record<string, number>> {
  const rows = await db.query<{ status: string; count: number }>(
    'SELECT embedding_status AS status, count(*)::int AS count FROM blocks GROUP BY 1 ORDER BY 1',
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}

/** Edits a block as the API does. */
export async function editBlock(
  db: TestDatabase,
  id: string,
  change: { readonly content?: unknown; readonly type?: string },
  connection: Pick<TestDatabase, 'query'> | { query(text: string, values: unknown[]): Promise<unknown> } = db,
): Promise<void> {
  await connection.query(
    `UPDATE blocks SET content = coalesce($2::${db.contentType}, content), block_type = coalesce($3, block_type) WHERE id::text = $1`,
    [id, change.content === undefined ? null : encodeContent(db, change.content), change.type ?? null],
  );
}

export interface JobRow {
  readonly id: string;
  readonly state: string;
  readonly retryCount: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly output: Readonly<Record<string, unknown>> | null;
}

/** The jobs of a block in a queue, oldest first. */
export async function jobsOf(db: TestDatabase, blockId: string, queue = 'embed-block'): Promise<JobRow[]> {
  return await db.query<JobRow>(
    `SELECT id::text, state::text, retry_count AS "retryCount", data, output FROM pgboss.job
      WHERE name = $1 AND singleton_key = $2 ORDER BY created_on, id`,
    [queue, blockId],
  );
}

/** Waits until the block's newest job satisfies the predicate. */
export async function untilJob(
  db: TestDatabase,
  blockId: string,
  predicate: (job: JobRow) => boolean,
  timeoutMs?: number,
): Promise<JobRow> {
  return await db.untilRow<JobRow>(
    `SELECT id::text, state::text, retry_count AS "retryCount", data, output FROM pgboss.job
      WHERE name = 'embed-block' AND singleton_key = $1 ORDER BY created_on DESC, id LIMIT 1`,
    [blockId],
    predicate,
    timeoutMs,
  );
}

/** The report in each dead letter of a block, oldest first. */
export async function failureReportsOf(db: TestDatabase, blockId: string): Promise<Record<string, unknown>[]> {
  const rows = await db.query<{ report: Record<string, unknown> }>(
    `SELECT source_output AS report FROM pgboss.job
      WHERE name = 'embed-block-failed' AND singleton_key = $1 ORDER BY created_on`,
    [blockId],
  );
  return rows.map(({ report }) => report);
}
