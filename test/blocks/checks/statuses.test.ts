import { SchemaSite } from '../../support/schema-site.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { INSERT_BLOCKS, DROP_TRIGGERS } from './api-triggers.js';

const DROP = 'ALTER TABLE blocks DROP CONSTRAINT blocks_embedding_status_check;';
const check = (condition: string) => `${DROP} ALTER TABLE blocks ADD CONSTRAINT c CHECK (${condition});`;
const type = (name: string) =>
  `${DROP} ALTER TABLE blocks ALTER embedding_status DROP DEFAULT, ALTER embedding_status TYPE ${name} USING embedding_status::${name};`;

describeWithServer('columns that do not accept what the worker writes', () => {
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
    await site.grant();
  });
  afterEach(() => site.close());

  /** The obstacle, the SQL that creates it, and the message. */
  const CASES: [string, string, RegExp][] = [
    [
      'a CHECK with three statuses',
      check(`embedding_status IN ('pending', 'processing', 'completed')`),
      /^public\.blocks\.embedding_status does not accept error, skipped: the constraint "c"/,
    ],
    [
      'a CHECK with a pattern',
      check(
        `embedding_status ~ '^(pend|process)ing$' OR (CASE WHEN embedding_status = 'completed' THEN true ELSE false END)`,
      ),
      /does not accept error, skipped/,
    ],
    [
      'a CHECK of the length, next to one that accepts everything',
      `ALTER TABLE blocks ADD CONSTRAINT "le ngth" CHECK (length(embedding_status) < 9)`,
      /does not accept processing, completed: the constraint "le ngth"/,
    ],
    [
      'a CHECK that is not valid',
      `${DROP} ALTER TABLE blocks ADD CONSTRAINT c CHECK (embedding_status <> 'error') NOT VALID;`,
      /does not accept error/,
    ],
    [
      'a CHECK of both columns',
      `ALTER TABLE blocks ADD CONSTRAINT c CHECK (embedding IS NULL OR embedding_status = 'completed')`,
      /does not accept pending, processing, error: the constraint "c"/,
    ],
    [
      'a CHECK that requires a vector',
      'ALTER TABLE blocks ADD CONSTRAINT c CHECK (embedding IS NOT NULL)',
      /^public\.blocks\.embedding does not accept what the worker writes: the constraint "c"/,
    ],
    ['NOT NULL', 'ALTER TABLE blocks ALTER embedding SET NOT NULL', /^public\.blocks\.embedding is NOT NULL/],
    [
      'an enum',
      `CREATE TYPE "Sta tus" AS ENUM ('pending', 'processing', 'completed'); ${type('"Sta tus"')}`,
      /does not accept error, skipped: its type is public\."Sta tus"/,
    ],
    [
      'a domain',
      `CREATE DOMAIN status AS text CONSTRAINT known CHECK (VALUE IN ('pending', 'processing', 'completed', 'failed')); ${type('status')}`,
      /does not accept error, skipped: its type is public\.status/,
    ],
    [
      'a domain over an enum',
      `CREATE TYPE labels AS ENUM ('pending', 'processing', 'completed', 'skipped'); CREATE DOMAIN status AS labels; ${type('status')}`,
      /does not accept error: its type is public\.status/,
    ],
    [
      'a domain over an enum of all statuses, which has no comparison operator',
      `CREATE TYPE labels AS ENUM ('pending', 'processing', 'completed', 'skipped', 'error'); CREATE DOMAIN status AS labels; ${type('status')}`,
      /cannot be compared with a status: its type is public\.status/,
    ],
    ['a maximum length', type('varchar(9)'), /does not accept processing: its type is character varying\(9\)/],
    [
      'an integer',
      `${DROP} ALTER TABLE blocks DROP embedding_status; ALTER TABLE blocks ADD embedding_status int;
      GRANT SELECT, UPDATE (embedding_status) ON blocks TO :role;`,
      /does not accept pending, processing, completed, error, skipped/,
    ],
    [
      'a lookup table',
      `CREATE TABLE statuses (name text PRIMARY KEY); INSERT INTO statuses VALUES ('pending'), ('completed');
       GRANT SELECT ON statuses TO :role; ALTER TABLE blocks ADD FOREIGN KEY (embedding_status) REFERENCES statuses;`,
      /does not accept processing, error, skipped: it references public\.statuses, which lacks them/,
    ],
    [
      'a lookup table with other mandatory columns',
      `CREATE TYPE colour AS ENUM ('red', 'green');
       CREATE TABLE statuses (place int UNIQUE NOT NULL, "the name" varchar(20) UNIQUE, label text NOT NULL, final boolean NOT NULL,
         shown colour NOT NULL, made timestamptz NOT NULL, id uuid PRIMARY KEY DEFAULT gen_random_uuid());
       INSERT INTO statuses VALUES (7, 'pending', 'Waits', false, 'green', now());
       GRANT SELECT ON statuses TO :role; ALTER TABLE blocks ADD FOREIGN KEY (embedding_status) REFERENCES statuses ("the name");`,
      /does not accept processing, completed, error, skipped: it references public\.statuses/,
    ],
    [
      'a CHECK on one partition',
      `${DROP_TRIGGERS} ALTER TABLE blocks RENAME TO old;
       CREATE TABLE blocks (LIKE old INCLUDING DEFAULTS INCLUDING IDENTITY) PARTITION BY HASH (id);
       CREATE TABLE blocks_0 PARTITION OF blocks FOR VALUES WITH (MODULUS 2, REMAINDER 0);
       CREATE TABLE blocks_1 PARTITION OF blocks FOR VALUES WITH (MODULUS 2, REMAINDER 1);
       CREATE TRIGGER q BEFORE INSERT OR UPDATE OF content ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();
       ALTER TABLE blocks_1 ADD CONSTRAINT c CHECK (embedding_status <> 'error');
       GRANT SELECT, UPDATE (embedding, embedding_status) ON blocks TO :role;`,
      /^public\.blocks_1\.embedding_status does not accept error: the constraint "c"/,
    ],
    [
      'a CHECK on the partitioned table',
      `${DROP_TRIGGERS} ALTER TABLE blocks RENAME TO old;
       CREATE TABLE blocks (LIKE old INCLUDING DEFAULTS INCLUDING IDENTITY, CONSTRAINT c CHECK (embedding_status <> 'error')) PARTITION BY HASH (id);
       CREATE TABLE blocks_0 PARTITION OF blocks FOR VALUES WITH (MODULUS 1, REMAINDER 0);
       CREATE TRIGGER q BEFORE INSERT OR UPDATE OF content ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();
       GRANT SELECT, UPDATE (embedding, embedding_status) ON blocks TO :role;`,
      /^public\.blocks\.embedding_status does not accept error: the constraint "c"/,
    ],
    [
      'an embedding that is generated',
      `ALTER TABLE blocks DROP embedding; ALTER TABLE blocks ADD embedding vector(768) GENERATED ALWAYS AS (NULL) STORED;
       GRANT SELECT, UPDATE (embedding) ON blocks TO :role;`,
      /^public\.blocks\.embedding is generated/,
    ],
  ];

  it.each(CASES)('(%s) are rejected without a row to try, with SQL that fixes it', async (_, sql, message) => {
    await site.prepare(sql);
    const error = await site.startError();
    expect(error).toMatchObject({ code: 'SCHEMA_STATUS', message: expect.stringMatching(message) as string });
    expect(await site.doctorFindings()).toMatchObject([{ name: 'own write', found: error?.message, fix: error?.fix }]);
    await site.runFix(error?.fix ?? '');
    expect(await site.startError()).toBeUndefined();
    expect(await site.doctorFindings()).toEqual([]);
  });

  /** Obstacles that only a write to a row reveals. */
  const TRIED: [string, string, RegExp][] = [
    [
      'a CHECK that reads other columns',
      `ALTER TABLE blocks ADD CONSTRAINT c CHECK (embedding_status <> 'error' OR note_id < 0)`,
      /^public\.blocks rejects the worker's own write of embedding_status = 'error': new row for relation "blocks" violates check constraint "c"$/,
    ],
    [
      'a unique index',
      `CREATE UNIQUE INDEX "one each" ON blocks (note_id, embedding_status) WHERE embedding_status <> 'pending' AND block_type <> 'mermaid'`,
      /embedding_status = 'processing': duplicate key value violates unique constraint "one each"/,
    ],
    [
      'a trigger that rejects it',
      `CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN IF NEW.embedding_status = 'error' THEN RAISE EXCEPTION 'never fails'; END IF; RETURN NEW; END $$;
       CREATE TRIGGER guard BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION guard();
       CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
       CREATE TRIGGER touch BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION touch();`,
      /embedding_status = 'error': never fails$/,
    ],
    [
      'a trigger function that lacks a privilege',
      `CREATE TABLE audit (at timestamptz);
       CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit VALUES (now()); RETURN NEW; END $$;
       CREATE TRIGGER audit BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION audit();`,
      /permission denied for table audit$/,
    ],
    [
      'a lookup table that the role may not read',
      `CREATE TABLE statuses (name text PRIMARY KEY); INSERT INTO statuses VALUES ('pending'), ('completed');
       ALTER TABLE blocks ADD CONSTRAINT known FOREIGN KEY (embedding_status) REFERENCES statuses DEFERRABLE INITIALLY DEFERRED;`,
      /violates foreign key constraint "known"$/,
    ],
  ];

  it.each(TRIED)('(%s) are rejected with SQL that fixes it', async (_, sql, message) => {
    await site.prepare(sql.startsWith('CREATE TABLE statuses') ? sql : INSERT_BLOCKS + sql);
    if (sql.startsWith('CREATE TABLE statuses')) {
      await site.prepare(`INSERT INTO notes (title) VALUES ('A');
        INSERT INTO blocks (note_id, block_type, content) SELECT id, 'paragraph', '"text"' FROM notes`);
    }
    const error = await site.startError();
    expect(error).toMatchObject({ code: 'SCHEMA_WRITE', message: expect.stringMatching(message) as string });
    expect(await site.doctorFindings()).toMatchObject([{ name: 'own write', found: error?.message, fix: error?.fix }]);
    await site.runFix(error?.fix ?? '');
    expect(await site.startError()).toBeUndefined();
    expect(await site.doctorFindings()).toEqual([]);
  });

  it('(a trigger that rejects it) are rejected with a fix for that trigger', async () => {
    await site.prepare(INSERT_BLOCKS + (TRIED[2]?.[1] ?? ''));
    expect((await site.startError())?.fix).toMatch(/^CREATE OR REPLACE TRIGGER guard [^\n]*;\n-- or[^\n]*\nALTER ROLE/);
  });
});

describeWithServer('columns that accept what the worker writes', () => {
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
    await site.grant();
  });
  afterEach(() => site.close());

  it.each<[string, string]>([
    [
      'a CHECK of the length of vectors',
      'ALTER TABLE blocks ADD CHECK (vector_norm(embedding) BETWEEN 0.999 AND 1.001)',
    ],
    [
      'an enum with more labels',
      `CREATE TYPE s AS ENUM ('new', 'pending', 'processing', 'completed', 'error', 'skipped'); ${type('s')}`,
    ],
    ['a domain', `CREATE DOMAIN s AS varchar(20) CHECK (VALUE <> ''); ${type('s')}`],
    ['a fixed length', type('char(10)')],
    [
      'a NOT VALID CHECK of the text that old rows violate',
      `${INSERT_BLOCKS} ALTER TABLE blocks ADD CHECK (block_type <> 'code') NOT VALID`,
    ],
  ])('(%s) are accepted', async (_, sql) => {
    await site.prepare(sql);
    expect(await site.startError()).toBeUndefined();
    expect(await site.doctorFindings()).toEqual([]);
  });
});
