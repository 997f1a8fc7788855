import type { SchemaVariant } from './schema-variant.js';

/** A database that is not what the worker needs. */
export interface SchemaCase {
  readonly name: string;
  readonly variant?: SchemaVariant;
  /** What is done to the reference schema. */
  readonly sql?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** What is said, at start and by `doctor`: the message, and each line of the fix after `  fix: `. */
  readonly says: RegExp;
  /** What `doctor` says in its stead, which asks the model first. */
  readonly doctorSays?: RegExp;
}

export const SCHEMA_CASES: readonly SchemaCase[] = [
  {
    name: 'has no pgvector',
    sql: 'DROP EXTENSION vector CASCADE',
    says: /the database has no pgvector: [^]*\n +fix: CREATE EXTENSION vector;/,
  },
  {
    name: 'has no blocks',
    sql: 'DROP TABLE blocks',
    says: /PALDOCS_BLOCKS_TABLE: there is no table public\.blocks[^]*\n +fix: run the API's migrations/,
  },
  {
    name: 'has no notes',
    sql: 'DROP TABLE notes CASCADE',
    says: /PALDOCS_NOTES_TABLE: there is no table public\.notes/,
  },
  {
    name: 'has blocks in another schema',
    sql: 'CREATE SCHEMA kb; ALTER TABLE blocks SET SCHEMA kb',
    says: /PALDOCS_BLOCKS_TABLE: there is no table public\.blocks[^]*\n +fix: PALDOCS_BLOCKS_TABLE=kb\.blocks$/m,
  },
  {
    name: 'has no column for the vector',
    sql: 'ALTER TABLE blocks DROP embedding',
    says: /no column embedding[^]*fix: ALTER TABLE "public"\."blocks" ADD COLUMN "embedding" vector\(768\);/,
  },
  {
    name: 'has no column for the status',
    sql: 'ALTER TABLE blocks DROP embedding_status',
    says: /no column embedding_status[^]*ADD COLUMN "embedding_status"/,
  },
  {
    name: 'has no content',
    sql: 'ALTER TABLE blocks DROP content CASCADE',
    says: /PALDOCS_BLOCKS_CONTENT_COLUMN: public\.blocks has no column "content"\. It has id, note_id/,
  },
  {
    name: 'has no block type',
    sql: 'ALTER TABLE blocks DROP block_type CASCADE',
    says: /PALDOCS_BLOCKS_TYPE_COLUMN: public\.blocks has no column "block_type"/,
  },
  {
    name: 'has no titles',
    sql: 'ALTER TABLE notes DROP title',
    says: /PALDOCS_NOTES_TITLE_COLUMN: public\.notes has no column "title"/,
  },
  {
    name: 'has a column of another name than it is told',
    environment: { PALDOCS_BLOCKS_NOTE_ID_COLUMN: 'note' },
    says: /PALDOCS_BLOCKS_NOTE_ID_COLUMN: public\.blocks has no column "note"/,
  },
  {
    name: 'keeps ids of another type',
    sql: 'ALTER TABLE blocks DROP id; ALTER TABLE blocks ADD id numeric',
    says: /public\.blocks\.id is of type numeric: ids must be integer, bigint, uuid or text/,
  },
  {
    name: 'keeps content of another type',
    sql: 'ALTER TABLE blocks DROP content CASCADE; ALTER TABLE blocks ADD content bytea',
    says: /public\.blocks\.content is of type bytea: it must be text, json or jsonb/,
  },
  {
    name: 'keeps no vector in the column for it',
    sql: 'ALTER TABLE blocks ALTER embedding TYPE text',
    says: /embedding is of type text, not vector\(N\)[^]*ALTER COLUMN "embedding" TYPE vector\(768\)/,
  },
  {
    name: 'has a vector column of no dimension',
    variant: { dimensions: null },
    says: /vector of no fixed dimension[^]*ALTER COLUMN "embedding" TYPE vector\(768\)/,
  },
  {
    name: 'has a vector column larger than the model serves',
    variant: { dimensions: 4_000 },
    says: /PALDOCS_EMBEDDING_MODEL: the model qwen3-embedding:4b gives vectors of 2560 dimensions[^]* 4000/,
    doctorSays: /the model qwen3-embedding:4b gives vectors of 2560 dimensions[^]* 4000/,
  },
  {
    name: 'is to be embedded by a model that cannot',
    environment: { PALDOCS_EMBEDDING_MODEL: 'llama3.2:3b' },
    says: /PALDOCS_EMBEDDING_MODEL: the model llama3\.2:3b cannot embed/,
    doctorSays: /llama3\.2:3b is available, but cannot embed/,
  },
  {
    name: 'has no trigger',
    variant: { withTrigger: false },
    says: /no trigger on public\.blocks notifies embedding_queue/,
  },
  {
    name: 'has a trigger for inserts only',
    sql: 'DROP TRIGGER blocks_embedding_update ON blocks',
    says: /no trigger on public\.blocks notifies embedding_queue after UPDATE/,
  },
  {
    name: 'has a trigger for updates only',
    sql: 'DROP TRIGGER blocks_embedding_insert ON blocks',
    says: /no trigger on public\.blocks notifies embedding_queue after INSERT/,
  },
  {
    name: 'has a trigger that is disabled',
    sql: 'ALTER TABLE blocks DISABLE TRIGGER blocks_embedding_update',
    says: /ALTER TABLE "public"\."blocks" ENABLE TRIGGER "blocks_embedding_update"/,
  },
  {
    name: 'has a trigger that fires on our own write',
    sql: `CREATE TRIGGER eager BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();
          INSERT INTO notes (title) VALUES ('A');
          INSERT INTO blocks (note_id, block_type, content) SELECT id, 'paragraph', '"text"' FROM notes`,
    says: /fires the trigger "eager" on public\.blocks[^]*CREATE OR REPLACE TRIGGER eager BEFORE UPDATE OF block_type, content ON public\.blocks[^]*SET session_replication_role = replica;/,
  },
  {
    name: 'has a trigger that fires on our own write of the status',
    sql: `CREATE TRIGGER eager BEFORE UPDATE OF embedding_status ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();
          INSERT INTO notes (title) VALUES ('A');
          INSERT INTO blocks (note_id, block_type, content) SELECT id, 'paragraph', '"text"' FROM notes`,
    says: /fires the trigger "eager" on public\.blocks/,
  },
  {
    name: 'has a trigger that notifies of our own write',
    sql: `CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY embedding_queue; RETURN NULL; END $$;
          CREATE TRIGGER shout AFTER UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION shout();
          INSERT INTO notes (title) VALUES ('A');
          INSERT INTO blocks (note_id, block_type, content) SELECT id, 'paragraph', '"text"' FROM notes`,
    says: /fires the trigger "shout" on public\.blocks, which notifies embedding_queue[^]*AFTER UPDATE OF block_type, content/,
  },
  {
    name: 'has a view for blocks',
    sql: 'ALTER TABLE blocks RENAME TO base; CREATE VIEW blocks AS SELECT * FROM base',
    says: /PALDOCS_BLOCKS_TABLE: public\.blocks is a view[^]*\n +fix: PALDOCS_BLOCKS_TABLE=public\.base$/m,
  },
  {
    name: 'has a partition without a trigger',
    sql: `DROP TRIGGER blocks_embedding_insert ON blocks; DROP TRIGGER blocks_embedding_update ON blocks;
          ALTER TABLE blocks RENAME TO old;
          CREATE TABLE blocks (LIKE old INCLUDING DEFAULTS) PARTITION BY HASH (id);
          CREATE TABLE blocks_0 PARTITION OF blocks FOR VALUES WITH (MODULUS 2, REMAINDER 0);
          CREATE TABLE blocks_1 PARTITION OF blocks FOR VALUES WITH (MODULUS 2, REMAINDER 1);
          CREATE TRIGGER q BEFORE INSERT OR UPDATE OF content ON blocks_0 FOR EACH ROW EXECUTE FUNCTION queue_block_embedding()`,
    says: /no trigger on public\.blocks_1 notifies embedding_queue[^]*\n +fix: CREATE OR REPLACE TRIGGER q BEFORE INSERT OR UPDATE OF content ON "public"\."blocks_1"/,
  },
  {
    name: 'takes three statuses',
    sql: `ALTER TABLE blocks DROP CONSTRAINT blocks_embedding_status_check;
          ALTER TABLE blocks ADD CONSTRAINT three CHECK (embedding_status IN ('pending', 'processing', 'completed'))`,
    says: /embedding_status does not take error, skipped: the constraint "three"[^]*\n +fix: ALTER TABLE "public"\."blocks" DROP CONSTRAINT "three", ADD CONSTRAINT "three" CHECK/,
  },
  {
    name: 'has an enum of three statuses',
    sql: `ALTER TABLE blocks DROP CONSTRAINT blocks_embedding_status_check, ALTER embedding_status DROP DEFAULT;
          CREATE TYPE status AS ENUM ('pending', 'processing', 'completed');
          ALTER TABLE blocks ALTER embedding_status TYPE status USING embedding_status::status`,
    says: /does not take error, skipped: its type is public\.status\n +fix: ALTER TYPE public\.status ADD VALUE 'error';/,
  },
  {
    name: 'demands a vector',
    sql: 'ALTER TABLE blocks ALTER embedding SET NOT NULL',
    says: /public\.blocks\.embedding is NOT NULL[^]*DROP NOT NULL;/,
  },
];
