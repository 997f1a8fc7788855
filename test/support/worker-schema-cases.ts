import type { SchemaVariant } from './schema-variant.js';

/** A database that the worker cannot work with. */
export interface SchemaCase {
  readonly name: string;
  readonly variant?: SchemaVariant;
  /** Run on the reference schema. */
  readonly sql?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Matches the message and each line of the fix after `  fix: `, at start and in `doctor`. */
  readonly message: RegExp;
  /** The same for `doctor` if it differs, because `doctor` checks the model first. */
  readonly doctorMessage?: RegExp;
}

export const SCHEMA_CASES: readonly SchemaCase[] = [
  {
    name: 'has no pgvector',
    sql: 'DROP EXTENSION vector CASCADE',
    message: /the database has no pgvector: [^]*\n +fix: CREATE EXTENSION vector;/,
  },
  {
    name: 'has no table of blocks',
    sql: 'DROP TABLE blocks',
    message: /PALDOCS_BLOCKS_TABLE: there is no table public\.blocks[^]*\n +fix: run the API's migrations/,
  },
  {
    name: 'has no table of notes',
    sql: 'DROP TABLE notes CASCADE',
    message: /PALDOCS_NOTES_TABLE: there is no table public\.notes/,
  },
  {
    name: 'has blocks in another schema',
    sql: 'CREATE SCHEMA kb; ALTER TABLE blocks SET SCHEMA kb',
    message: /PALDOCS_BLOCKS_TABLE: there is no table public\.blocks[^]*\n +fix: PALDOCS_BLOCKS_TABLE=kb\.blocks$/m,
  },
  {
    name: 'has no embedding column',
    sql: 'ALTER TABLE blocks DROP embedding',
    message: /no column embedding[^]*fix: ALTER TABLE "public"\."blocks" ADD COLUMN "embedding" vector\(768\);/,
  },
  {
    name: 'has no status column',
    sql: 'ALTER TABLE blocks DROP embedding_status',
    message: /no column embedding_status[^]*ADD COLUMN "embedding_status"/,
  },
  {
    name: 'has no content column',
    sql: 'ALTER TABLE blocks DROP content CASCADE',
    message: /PALDOCS_BLOCKS_CONTENT_COLUMN: public\.blocks has no column "content"\. It has id, note_id/,
  },
  {
    name: 'has no type column',
    sql: 'ALTER TABLE blocks DROP block_type CASCADE',
    message: /PALDOCS_BLOCKS_TYPE_COLUMN: public\.blocks has no column "block_type"/,
  },
  {
    name: 'has no title column',
    sql: 'ALTER TABLE notes DROP title',
    message: /PALDOCS_NOTES_TITLE_COLUMN: public\.notes has no column "title"/,
  },
  {
    name: 'has a column with another name than configured',
    environment: { PALDOCS_BLOCKS_NOTE_ID_COLUMN: 'note' },
    message: /PALDOCS_BLOCKS_NOTE_ID_COLUMN: public\.blocks has no column "note"/,
  },
  {
    name: 'has ids of another type',
    sql: 'ALTER TABLE blocks DROP id; ALTER TABLE blocks ADD id numeric',
    message: /public\.blocks\.id is of type numeric: ids must be integer, bigint, uuid or text/,
  },
  {
    name: 'has content of another type',
    sql: 'ALTER TABLE blocks DROP content CASCADE; ALTER TABLE blocks ADD content bytea',
    message: /public\.blocks\.content is of type bytea: it must be text, json or jsonb/,
  },
  {
    name: 'has an embedding column of another type',
    sql: 'ALTER TABLE blocks ALTER embedding TYPE text',
    message:
      /embedding is of type text, not vector\(N\) or halfvec\(N\)[^]*ALTER COLUMN "embedding" TYPE vector\(768\)/,
  },
  {
    name: 'has an embedding column without a dimension',
    variant: { dimensions: null },
    message: /vector without a fixed dimension[^]*ALTER COLUMN "embedding" TYPE vector\(768\)/,
  },
  {
    name: 'has a column of half-precision vectors without a dimension',
    variant: { vectorKind: 'halfvec', dimensions: null },
    message: /halfvec without a fixed dimension[^]*ALTER COLUMN "embedding" TYPE halfvec\(768\)/,
  },
  {
    name: 'has an embedding column with more dimensions than the model',
    variant: { dimensions: 4_000 },
    message: /PALDOCS_EMBEDDING_MODEL: the model qwen3-embedding:4b gives vectors of 2560 dimensions[^]* 4000/,
    doctorMessage: /the model qwen3-embedding:4b gives vectors of 2560 dimensions[^]* 4000/,
  },
  {
    name: 'is configured with a model that cannot embed',
    environment: { PALDOCS_EMBEDDING_MODEL: 'llama3.2:3b' },
    message: /PALDOCS_EMBEDDING_MODEL: the model llama3\.2:3b cannot embed/,
    doctorMessage: /llama3\.2:3b is available, but cannot embed/,
  },
  {
    name: 'has no trigger',
    variant: { withTrigger: false },
    message: /no trigger on public\.blocks notifies embedding_queue/,
  },
  {
    name: 'has a trigger for inserts only',
    sql: 'DROP TRIGGER blocks_embedding_update ON blocks',
    message: /no trigger on public\.blocks notifies embedding_queue after UPDATE/,
  },
  {
    name: 'has a trigger for updates only',
    sql: 'DROP TRIGGER blocks_embedding_insert ON blocks',
    message: /no trigger on public\.blocks notifies embedding_queue after INSERT/,
  },
  {
    name: 'has a disabled trigger',
    sql: 'ALTER TABLE blocks DISABLE TRIGGER blocks_embedding_update',
    message: /ALTER TABLE "public"\."blocks" ENABLE TRIGGER "blocks_embedding_update"/,
  },
  {
    name: 'has a trigger that fires on the worker’s own write',
    sql: `CREATE TRIGGER eager BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();
          INSERT INTO notes (title) VALUES ('A');
          INSERT INTO blocks (note_id, block_type, content) SELECT id, 'paragraph', '"text"' FROM notes`,
    message:
      /fires the trigger "eager" on public\.blocks[^]*CREATE OR REPLACE TRIGGER eager BEFORE UPDATE OF block_type, content ON public\.blocks[^]*SET session_replication_role = replica;/,
  },
  {
    name: 'has a trigger that fires on the worker’s own write of the status',
    sql: `CREATE TRIGGER eager BEFORE UPDATE OF embedding_status ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();
          INSERT INTO notes (title) VALUES ('A');
          INSERT INTO blocks (note_id, block_type, content) SELECT id, 'paragraph', '"text"' FROM notes`,
    message: /fires the trigger "eager" on public\.blocks/,
  },
  {
    name: 'has a trigger that notifies of the worker’s own write',
    sql: `CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY embedding_queue; RETURN NULL; END $$;
          CREATE TRIGGER shout AFTER UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION shout();
          INSERT INTO notes (title) VALUES ('A');
          INSERT INTO blocks (note_id, block_type, content) SELECT id, 'paragraph', '"text"' FROM notes`,
    message:
      /fires the trigger "shout" on public\.blocks, which notifies embedding_queue[^]*AFTER UPDATE OF block_type, content/,
  },
  {
    name: 'has a view instead of the table of blocks',
    sql: 'ALTER TABLE blocks RENAME TO base; CREATE VIEW blocks AS SELECT * FROM base',
    message: /PALDOCS_BLOCKS_TABLE: public\.blocks is a view[^]*\n +fix: PALDOCS_BLOCKS_TABLE=public\.base$/m,
  },
  {
    name: 'has a partition without a trigger',
    sql: `DROP TRIGGER blocks_embedding_insert ON blocks; DROP TRIGGER blocks_embedding_update ON blocks;
          ALTER TABLE blocks RENAME TO old;
          CREATE TABLE blocks (LIKE old INCLUDING DEFAULTS) PARTITION BY HASH (id);
          CREATE TABLE blocks_0 PARTITION OF blocks FOR VALUES WITH (MODULUS 2, REMAINDER 0);
          CREATE TABLE blocks_1 PARTITION OF blocks FOR VALUES WITH (MODULUS 2, REMAINDER 1);
          CREATE TRIGGER q BEFORE INSERT OR UPDATE OF content ON blocks_0 FOR EACH ROW EXECUTE FUNCTION queue_block_embedding()`,
    message:
      /no trigger on public\.blocks_1 notifies embedding_queue[^]*\n +fix: CREATE OR REPLACE TRIGGER q BEFORE INSERT OR UPDATE OF content ON "public"\."blocks_1"/,
  },
  {
    name: 'accepts only three statuses',
    sql: `ALTER TABLE blocks DROP CONSTRAINT blocks_embedding_status_check;
          ALTER TABLE blocks ADD CONSTRAINT three CHECK (embedding_status IN ('pending', 'processing', 'completed'))`,
    message:
      /embedding_status does not accept error, skipped: the constraint "three"[^]*\n +fix: ALTER TABLE "public"\."blocks" DROP CONSTRAINT "three", ADD CONSTRAINT "three" CHECK/,
  },
  {
    name: 'has an enum with only three statuses',
    sql: `ALTER TABLE blocks DROP CONSTRAINT blocks_embedding_status_check, ALTER embedding_status DROP DEFAULT;
          CREATE TYPE status AS ENUM ('pending', 'processing', 'completed');
          ALTER TABLE blocks ALTER embedding_status TYPE status USING embedding_status::status`,
    message:
      /does not accept error, skipped: its type is public\.status\n +fix: ALTER TYPE public\.status ADD VALUE 'error';/,
  },
  {
    name: 'requires a vector',
    sql: 'ALTER TABLE blocks ALTER embedding SET NOT NULL',
    message: /public\.blocks\.embedding is NOT NULL[^]*DROP NOT NULL;/,
  },
];
