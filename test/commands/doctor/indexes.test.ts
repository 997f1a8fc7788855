import { describeWithServer } from '../../support/describe-with-server.js';
import { runDoctorChecks } from '../../support/doctor-checks.js';
import { SchemaSite } from '../../support/schema-site.js';

/** Gives each table so many rows, as far as the planner knows. Building an index counts them anew. */
const rows = (each: number) =>
  `UPDATE pg_class SET reltuples = ${String(each)} WHERE relname = ANY (ARRAY['blocks', 'blo cks_0', 'blocks_1', 'blocks_1a', 'blocks_1b']) AND relkind = 'r';`;
const MANY = rows(300_000);
const MILLIONS = rows(2_000_000);
const PARTITIONED = `
  DROP TRIGGER blocks_embedding_insert ON blocks; DROP TRIGGER blocks_embedding_update ON blocks;
  ALTER TABLE blocks RENAME TO old;
  CREATE SCHEMA "Pa rts";
  CREATE TABLE blocks (LIKE old INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING CONSTRAINTS) PARTITION BY LIST (block_type);
  CREATE TABLE "Pa rts"."blo cks_0" PARTITION OF blocks FOR VALUES IN ('paragraph');
  CREATE TABLE blocks_1 PARTITION OF blocks DEFAULT PARTITION BY HASH (id);
  CREATE TABLE blocks_1a PARTITION OF blocks_1 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
  CREATE TABLE blocks_1b PARTITION OF blocks_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
  CREATE TRIGGER q BEFORE INSERT OR UPDATE OF block_type, content ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();
  GRANT SELECT, UPDATE (embedding, embedding_status) ON blocks TO :role;`;
const INHERITED = `
  CREATE TABLE blocks_1 () INHERITS (blocks) WITH (fillfactor = 100);
  CREATE TRIGGER q BEFORE INSERT OR UPDATE OF block_type, content ON blocks_1 FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();`;
const hnsw = (table: string, name = '') => `CREATE INDEX ${name} ON ${table} USING hnsw (embedding vector_cosine_ops);`;

/** Name of the case, SQL that prepares it, finding, fix. */
const CASES: [string, string, RegExp, RegExp, Readonly<Record<string, string>>?][] = [
  [
    'nothing, on a plain table of many blocks',
    MANY,
    /no index on embedding: a search reads all 300,000/,
    /^CREATE INDEX CONCURRENTLY ON "public"\."blocks" USING hnsw/,
  ],
  [
    'nothing, on partitions of partitions',
    PARTITIONED + MANY,
    /fillfactor 100 leaves no room on a page of "Pa rts"\."blo cks_0", public\.blocks_1a and public\.blocks_1b.*; no index on embedding: a search reads all 900,000 blocks/,
    /CREATE INDEX "blocks_embedding_idx" ON ONLY "public"\."blocks" [^]*ALTER INDEX "public"\."blocks_embedding_idx" ATTACH PARTITION "public"\."blocks_1_embedding_idx";$/,
  ],
  [
    'one of the partitioned table, and partitions without room',
    PARTITIONED + hnsw('blocks'),
    /^fillfactor 100 leaves no room on a page of /,
    /^ALTER TABLE "Pa rts"\."blo cks_0" SET \(fillfactor = 75\);$/m,
  ],
  [
    'one of a single partition, under a name that ours would have',
    PARTITIONED + hnsw('blocks_1a', 'blocks_1_embedding_idx') + MANY,
    /no index on embedding of "Pa rts"\."blo cks_0" and public\.blocks_1b: a search reads all 600,000 blocks/,
    /"blocks_1_embedding_idx1" ATTACH PARTITION blocks_1_embedding_idx;/,
  ],
  [
    'one of the partitioned table that was never completed',
    `${PARTITIONED} CREATE INDEX near ON ONLY blocks USING hnsw (embedding vector_cosine_ops);
     ${hnsw('"Pa rts"."blo cks_0"', 'part')} ALTER INDEX near ATTACH PARTITION "Pa rts".part; ${hnsw('blocks_1', 'middle')}`,
    /near is invalid: it has no attached index for partitions that have an index of their own/,
    /^ALTER INDEX near ATTACH PARTITION middle;$/m,
  ],
  [
    'one of the partitioned table that some partitions lack',
    `${PARTITIONED} CREATE INDEX near ON ONLY blocks USING hnsw (embedding vector_cosine_ops);`,
    /near is invalid: it has no attached index for "Pa rts"\."blo cks_0", public\.blocks_1a and public\.blocks_1b/,
    /^ALTER INDEX near ATTACH PARTITION "Pa rts"\."blo cks_0_embedding_idx";$/m,
  ],
  [
    'one for another distance, on a partitioned table',
    `${PARTITIONED} CREATE INDEX far ON blocks USING ivfflat (embedding vector_l2_ops) WITH (lists = 1);`,
    /far has vector_l2_ops, which a search by cosine distance cannot use/,
    /CREATE INDEX CONCURRENTLY "blo cks_0_embedding_idx1" ON "Pa rts"\."blo cks_0" USING ivfflat \("embedding" vector_cosine_ops\);/,
  ],
  [
    'one on the status of a partitioned table, and one of a partition',
    `${PARTITIONED} ${hnsw('blocks')} CREATE INDEX waiting ON blocks (embedding_status);
     CREATE INDEX "wait here" ON blocks_1a (id) WHERE embedding_status = 'pending';`,
    /"wait here" is on embedding_status.*; waiting is on embedding_status/,
    /^DROP INDEX CONCURRENTLY "wait here";\nDROP INDEX waiting;$/m,
  ],
  [
    'one on the status that belongs to a constraint, which stays',
    `ALTER TABLE blocks ADD UNIQUE (id, embedding_status), SET (fillfactor = 100); ${hnsw('blocks')}`,
    /^fillfactor 100/,
    /^ALTER TABLE [^;]*;$/,
  ],
  [
    'one of a table that others inherit from',
    INHERITED + hnsw('blocks') + MANY,
    /fillfactor 100 leaves no room on a page of public\.blocks_1.*; no index on embedding of public\.blocks_1: a search reads all 300,000/,
    /CREATE INDEX CONCURRENTLY ON "public"\."blocks_1" USING hnsw/,
  ],
  [
    'none on the status of a table of millions of blocks',
    hnsw('blocks') + MILLIONS,
    /^no index on embedding_status; a sweep reads all 2,000,000 blocks\. The index costs 50 MB for each million blocks that wait \(100 MB at most\) and about 0 s to build; beside the vector index, storing a vector takes about half as long again/,
    /^CREATE INDEX CONCURRENTLY ON "public"\."blocks" \("embedding_status", "id"\) WHERE [^;]*;$/,
  ],
  [
    'none on the status of partitions that hold millions of blocks',
    PARTITIONED + hnsw('blocks') + MILLIONS,
    /^no index on embedding_status; a sweep reads all 6,000,000 blocks/,
    /^CREATE INDEX "blocks_embedding_status_idx" ON ONLY "public"\."blocks" \([^]*ALTER INDEX "public"\."blocks_embedding_status_idx" ATTACH PARTITION "public"\."blocks_1_embedding_status_idx";$/,
  ],
  [
    'one on the status that lacks what a sweep looks for, on a table of millions of blocks',
    `${hnsw('blocks')} CREATE INDEX waiting ON blocks (id) WHERE embedding_status = 'pending'; ${MILLIONS}`,
    /waiting does not hold all blocks that a sweep looks for: it lacks those that are processing.*; waiting is on embedding_status: every status change/,
    /^CREATE INDEX CONCURRENTLY [^;]*;\nDROP INDEX CONCURRENTLY waiting;$/,
  ],
  [
    'none on vectors with more dimensions than an index takes',
    `ALTER TABLE blocks ALTER embedding TYPE vector(2560); ${MANY}`,
    /a search reads all 300,000 blocks; an index on a vector takes at most 2,000 dimensions, and these have 2,560, but a halfvec may have 4,000/,
    /^ALTER TABLE "public"\."blocks" ALTER COLUMN "embedding" TYPE halfvec\(2560\);\nCREATE INDEX CONCURRENTLY ON "public"\."blocks" USING hnsw \("embedding" halfvec_cosine_ops\);$/,
  ],
  [
    'none on half-precision vectors',
    `ALTER TABLE blocks ALTER embedding TYPE halfvec(4000); ${MANY}`,
    /^no index on embedding: a search reads all 300,000 blocks$/,
    /^CREATE INDEX CONCURRENTLY ON "public"\."blocks" USING hnsw \("embedding" halfvec_cosine_ops\);$/,
  ],
  [
    'one whose build was interrupted',
    `${hnsw('blocks', '"ne ar"')} UPDATE pg_index SET indisvalid = false WHERE indexrelid = '"ne ar"'::regclass`,
    /"ne ar" is invalid/,
    /REINDEX INDEX CONCURRENTLY "ne ar";/,
  ],
  [
    'one in a schema that the worker’s search path has, and that of others may lack',
    `CREATE SCHEMA "a pi"; ALTER TABLE blocks SET SCHEMA "a pi"; GRANT USAGE ON SCHEMA "a pi" TO :role;
     CREATE INDEX near ON "a pi".blocks USING hnsw (embedding vector_cosine_ops);
     CREATE INDEX waiting ON "a pi".blocks (embedding_status); ALTER ROLE :role SET search_path = "a pi", public;`,
    /^"a pi"\.waiting is on embedding_status/,
    /^DROP INDEX CONCURRENTLY "a pi"\.waiting;$/,
    { PALDOCS_BLOCKS_TABLE: '"a pi".blocks' },
  ],
];

describeWithServer('doctor, where there is', () => {
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
    await site.grant();
  });
  afterEach(() => site.close());

  it.each(CASES)('%s, says so, and the SQL that it prints fixes it', async (_, sql, found, fix, environment = {}) => {
    await site.prepare(sql);
    site.environment = environment;
    const [warning, ...others] = await site.doctorFindings();
    expect(others).toEqual([]);
    expect(warning).toMatchObject({ name: 'indexes', status: 'warning' });
    expect(warning?.found).toMatch(found);
    expect(warning?.fix).toMatch(fix);
    await site.runFix(warning?.fix ?? '');
    expect(await site.doctorFindings()).toEqual([]);
    expect(await site.db.query('SELECT indexrelid::regclass AS invalid FROM pg_index WHERE NOT indisvalid')).toEqual(
      [],
    );
  });

  it('the status index, keeps it and says what it costs', async () => {
    await site.prepare(hnsw('blocks', 'near'));
    await site.prepare(
      `CREATE INDEX waiting ON blocks (embedding_status, id) WHERE embedding_status IS NULL
         OR embedding_status IN ('pending', 'processing', 'error') OR (embedding_status = 'skipped' AND embedding IS NOT NULL);
       ALTER TABLE blocks SET (fillfactor = 100); ${MILLIONS}`,
    );
    const names = ['database', 'pgvector', 'tables', 'indexes'];
    expect((await runDoctorChecks({ PALDOCS_DATABASE_URL: site.role.url }, names)).at(-1)).toMatchObject({
      status: 'ok',
      found:
        'near (hnsw); waiting for sweeps: beside the vector index, storing a vector takes about half as long again, because status changes are not HOT',
    });
  });

  it('no index for vectors that none can hold, says so', async () => {
    await site.prepare(`ALTER TABLE blocks ALTER embedding TYPE vector(4096); ${MILLIONS}`);
    const [warning] = await site.doctorFindings();
    expect(warning?.found).toMatch(/and these have 4,096; .*costs nothing measurable without a vector index/);
    expect(warning?.fix).toMatch(
      /^use a model with fewer dimensions, or search fewer blocks\nCREATE INDEX CONCURRENTLY ON/,
    );
  });

  it('an index of a partitioned table without partitions, only names it', async () => {
    await site.prepare(
      `DROP TABLE blocks CASCADE;
       CREATE TABLE blocks (id bigint, note_id bigint, block_type text, content jsonb, embedding vector(768), embedding_status text)
         PARTITION BY HASH (id);
       CREATE TRIGGER q BEFORE INSERT OR UPDATE OF content ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();
       ${hnsw('blocks', 'near')}`,
    );
    await site.grant();
    const names = ['database', 'pgvector', 'tables', 'indexes'];
    expect((await runDoctorChecks({ PALDOCS_DATABASE_URL: site.role.url }, names)).at(-1)).toMatchObject({
      status: 'ok',
      found: 'near (hnsw)',
    });
  });
});
