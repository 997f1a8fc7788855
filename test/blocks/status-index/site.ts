import { inspectBlocks } from '../../../src/blocks/inspect.js';
import { readIndexes } from '../../../src/blocks/sql/read-indexes.js';
import { readRelations } from '../../../src/blocks/sql/read-relations.js';
import { createStatusIndexSql } from '../../../src/blocks/status-index/definition.js';
import { diagnoseStatusIndex, type StatusIndexDiagnosis } from '../../../src/blocks/status-index/diagnose.js';
import type { BlocksTable } from '../../../src/blocks/table.js';
import { loadConfig } from '../../../src/config/config.js';
import { Postgres } from '../../../src/postgres/postgres.js';
import { createDatabase } from '../../support/create-database.js';
import type { TestDatabase } from '../../support/test-database.js';

/** A table of blocks in many statuses, without a trigger, and what we know about it. */
export class StatusIndexSite {
  readonly db: TestDatabase;
  readonly postgres: Postgres;
  table: BlocksTable;

  private constructor(db: TestDatabase, postgres: Postgres, table: BlocksTable) {
    this.db = db;
    this.postgres = postgres;
    this.table = table;
  }

  /** @param sql changes the empty table; it may replace it */
  static async open(sql = ''): Promise<StatusIndexSite> {
    const db = await createDatabase({ withTrigger: false, dimensions: 3 });
    if (sql !== '') await db.query(sql);
    const postgres = new Postgres({ url: db.url, sessionUrl: db.url, applicationName: 'under test', poolSize: 2 });
    const table = await inspectBlocks(postgres, loadConfig({ PALDOCS_DATABASE_URL: db.url }).tables);
    return new StatusIndexSite(db, postgres, table);
  }

  async close(): Promise<void> {
    await this.postgres.close();
  }

  /**
   * Inserts blocks of a length at which PostgreSQL prefers an index for a few of them: every eighth is skipped, one of a
   * thousand waits, and the rest is completed.
   */
  async fill(rows = 5_000): Promise<void> {
    await this.db.query(`INSERT INTO notes (id, title) VALUES (1, 'Note') ON CONFLICT DO NOTHING`);
    await this.db.query(
      `INSERT INTO blocks (id, note_id, block_type, content, embedding, embedding_status)
       SELECT i, 1, 'paragraph', to_jsonb(repeat('text ', 30)), CASE WHEN i % 8 = 0 THEN NULL ELSE '[1,0,0]' END::vector,
              (CASE WHEN i % 1000 = 1 THEN 'pending' WHEN i % 4000 = 2 THEN 'processing' WHEN i % 4000 = 3 THEN 'error'
                    WHEN i % 8 = 0 THEN 'skipped' ELSE 'completed' END)::${await this.#statusType()}
         FROM generate_series(1, ${String(rows)}) AS i`,
    );
    await this.db.query('VACUUM ANALYZE blocks');
  }

  /** Runs the statements that create the status index where it is missing, and returns them. */
  async create(): Promise<string[]> {
    const { complete } = await this.diagnose();
    const catalogue = await this.#catalogue();
    const names = new Set(complete.map(({ oid }) => oid));
    const statements = await createStatusIndexSql(this.postgres, this.table, catalogue, ({ oid }) => names.has(oid));
    for (const statement of statements) await this.db.query(statement);
    return statements;
  }

  async diagnose(): Promise<StatusIndexDiagnosis> {
    return await diagnoseStatusIndex(this.postgres, this.table, await this.#catalogue());
  }

  async #catalogue() {
    return {
      indexes: await readIndexes(this.postgres, this.table),
      relations: await readRelations(this.postgres, this.table),
    };
  }

  async #statusType(): Promise<string> {
    const [row] = await this.db.query<{ type: string }>(
      `SELECT format_type(atttypid, atttypmod) AS type FROM pg_attribute
        WHERE attrelid = 'blocks'::regclass AND attname = 'embedding_status'`,
    );
    return row?.type ?? 'text';
  }
}

const DROP_CHECK = 'ALTER TABLE blocks DROP CONSTRAINT blocks_embedding_status_check;';
const NULLABLE = 'ALTER TABLE blocks ALTER embedding_status DROP NOT NULL, ALTER embedding_status DROP DEFAULT;';
const COLUMNS = `id bigint, note_id bigint, block_type text, content jsonb, embedding vector(3), embedding_status text`;

/** SQL that changes the type of the status, or the kind of table. */
export const TABLES = {
  text: NULLABLE,
  'text that is NOT NULL': '',
  varchar: `${NULLABLE} ${DROP_CHECK} ALTER TABLE blocks ALTER embedding_status TYPE varchar(20);`,
  'a domain': `${NULLABLE} ${DROP_CHECK} CREATE DOMAIN status AS text; ALTER TABLE blocks ALTER embedding_status TYPE status;`,
  'an enum': `${NULLABLE} ${DROP_CHECK} CREATE TYPE status AS ENUM ('pending', 'processing', 'completed', 'error', 'skipped');
    ALTER TABLE blocks ALTER embedding_status TYPE status USING embedding_status::status;`,
  'text, in partitions of partitions': `DROP TABLE blocks;
    CREATE TABLE blocks (${COLUMNS}) PARTITION BY RANGE (id);
    CREATE TABLE blocks_1 PARTITION OF blocks FOR VALUES FROM (0) TO (2000);
    CREATE TABLE "blo cks_2" PARTITION OF blocks FOR VALUES FROM (2000) TO (1000000) PARTITION BY HASH (id);
    CREATE TABLE blocks_2a PARTITION OF "blo cks_2" FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE blocks_2b PARTITION OF "blo cks_2" FOR VALUES WITH (MODULUS 2, REMAINDER 1);`,
  'text, in tables that inherit': `${NULLABLE} CREATE TABLE archive () INHERITS (blocks);
    CREATE FUNCTION spread() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.id % 2 = 0 THEN RETURN NEW; END IF;
      INSERT INTO archive SELECT NEW.*; RETURN NULL;
    END $$;
    CREATE TRIGGER spread BEFORE INSERT ON blocks FOR EACH ROW EXECUTE FUNCTION spread();`,
} as const;
