import { countErrors } from '../../src/backlog/sql/count-errors.js';
import { findInScope } from '../../src/backlog/sql/find-in-scope.js';
import { resetOrphans } from '../../src/backlog/sql/reset-orphans.js';
import { inspectBlocks } from '../../src/blocks/inspect.js';
import { EVERY_BLOCK } from '../../src/blocks/scope.js';
import { clearStaleVectors } from '../../src/blocks/sql/clear-stale-vectors.js';
import { setStatus } from '../../src/blocks/sql/set-status.js';
import { skipBlocks } from '../../src/blocks/sql/skip.js';
import { storeVectors } from '../../src/blocks/sql/store.js';
import { WAITING } from '../../src/blocks/status.js';
import type { BlocksTable } from '../../src/blocks/table.js';
import { loadConfig, type Config } from '../../src/config/config.js';
import type { Queryable } from '../../src/postgres/database.js';
import { Postgres } from '../../src/postgres/postgres.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { Explaining } from '../support/explaining.js';
import { insertPaged } from '../support/paged-blocks.js';
import type { TestDatabase } from '../support/test-database.js';
import { installPgBoss } from '../support/worker-role.js';

const IDS = Array.from({ length: 64 }, (_, i) => String(10 * (i + 1)));
const READ = IDS.map((id) => ({ id, fingerprint: 'x' }));
const VECTORS = READ.map((block) => ({ ...block, vector: new Float32Array(768) }));

interface Parts {
  readonly table: BlocksTable;
  readonly postgres: Postgres;
  readonly names: Config['names'];
}

/** Statements that check the status of blocks that they find by their ids. */
const STATEMENTS: readonly (readonly [string, (db: Queryable, parts: Parts) => Promise<unknown>])[] = [
  ['storing vectors', (db, { table, postgres }) => storeVectors(db, postgres, table, VECTORS)],
  ['skipping blocks', (db, { table }) => skipBlocks(db, table, READ)],
  ['setting their status', (db, { table }) => setStatus(db, table, IDS, 'pending', ['processing'])],
  ['resetting orphans', (db, { table, names }) => resetOrphans(db, names, table, IDS)],
  ['clearing stale vectors', (db, { table }) => clearStaleVectors(db, table, IDS)],
  [
    'a page of a backfill',
    (db, { table, names }) => findInScope(db, names, table, { scope: EVERY_BLOCK, statuses: WAITING }, IDS),
  ],
  ['counting errors', (db, { table, names }) => countErrors(db, names, table, true)],
];

describeWithServer('blocks found by their ids', () => {
  let db: TestDatabase;
  let parts: Parts;
  beforeAll(async () => {
    db = await createDatabase();
    await installPgBoss(db);
    const config = loadConfig({ PALDOCS_DATABASE_URL: db.url });
    const postgres = new Postgres({ url: db.url, sessionUrl: db.url, applicationName: 'under test', poolSize: 2 });
    parts = { postgres, table: await inspectBlocks(postgres, config.tables), names: config.names };
    await db.query('ALTER TABLE blocks SET (autovacuum_enabled = off)');
    await insertPaged(db, 1, 5_000);
    await db.query(`CREATE INDEX by_status ON blocks (embedding_status)`);
    await db.query(`CREATE INDEX waiting ON blocks (embedding_status, id)
      WHERE embedding_status IS NULL OR embedding_status IN ('pending', 'processing', 'error')
         OR (embedding_status = 'skipped' AND embedding IS NOT NULL)`);
    await db.query('ANALYZE blocks');
  });
  afterAll(() => parts.postgres.close());

  it.each(STATEMENTS)('are looked up by their ids, not by their status: %s', async (_, run) => {
    const explaining = new Explaining(db);
    await run(explaining, parts);
    const indexes = new Set(explaining.reads.map((node) => node['Index Name']));
    expect([...indexes]).toContain('blocks_pkey');
    expect([...indexes]).not.toContain('by_status');
    expect([...indexes]).not.toContain('waiting');
  });
});
