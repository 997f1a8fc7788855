import type { SchemaVariant } from './schema-variant.js';

/** A database that is not what the worker needs. */
export interface SchemaCase {
  readonly name: string;
  readonly variant?: SchemaVariant;
  /** What is done to the reference schema. */
  readonly sql?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** What is said. */
  readonly says: RegExp;
}

export const SCHEMA_CASES: readonly SchemaCase[] = [
  { name: 'has no pgvector', sql: 'DROP EXTENSION vector CASCADE', says: /no pgvector: CREATE EXTENSION vector/ },
  { name: 'has no blocks', sql: 'DROP TABLE blocks', says: /PALDOCS_BLOCKS_TABLE: there is no table public\.blocks/ },
  {
    name: 'has no notes',
    sql: 'DROP TABLE notes CASCADE',
    says: /PALDOCS_NOTES_TABLE: there is no table public\.notes/,
  },
  {
    name: 'has blocks in another schema',
    sql: 'CREATE SCHEMA kb; ALTER TABLE blocks SET SCHEMA kb',
    says: /PALDOCS_BLOCKS_TABLE: there is no table public\.blocks/,
  },
  {
    name: 'has no column for the vector',
    sql: 'ALTER TABLE blocks DROP embedding',
    says: /no column embedding[^]*ALTER TABLE "public"\."blocks" ADD COLUMN embedding vector\(768\)/,
  },
  {
    name: 'has no column for the status',
    sql: 'ALTER TABLE blocks DROP embedding_status',
    says: /no column embedding_status[^]*ADD COLUMN embedding_status/,
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
    says: /embedding is of type text, not vector\(N\)[^]*ALTER COLUMN embedding TYPE vector\(768\)/,
  },
  {
    name: 'has a vector column of no dimension',
    variant: { dimensions: null },
    says: /vector of no fixed dimension[^]*ALTER COLUMN embedding TYPE vector\(768\)/,
  },
  {
    name: 'has a vector column larger than the model serves',
    variant: { dimensions: 4_000 },
    says: /PALDOCS_EMBEDDING_MODEL: the model qwen3-embedding:4b gives vectors of 2560 dimensions[^]* 4000/,
  },
  {
    name: 'is to be embedded by a model that cannot',
    environment: { PALDOCS_EMBEDDING_MODEL: 'llama3.2:3b' },
    says: /PALDOCS_EMBEDDING_MODEL: the model llama3\.2:3b cannot embed/,
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
    says: /fires the trigger "eager" on public\.blocks[^]*BEFORE UPDATE OF block_type, content/,
  },
  {
    name: 'has a trigger that fires on our own write of the status',
    sql: `CREATE TRIGGER eager BEFORE UPDATE OF embedding_status ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();
          INSERT INTO notes (title) VALUES ('A');
          INSERT INTO blocks (note_id, block_type, content) SELECT id, 'paragraph', '"text"' FROM notes`,
    says: /fires the trigger "eager" on public\.blocks/,
  },
];
