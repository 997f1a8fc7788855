import { SchemaSite } from '../../support/schema-site.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { EAGER_TRIGGER, INSERT_BLOCKS, DROP_TRIGGERS } from './api-triggers.js';

/** A trigger and its function; `on` is the rest of CREATE TRIGGER. */
const trigger = (name: string, body: string, on: string) => `
  CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} END $$;
  CREATE TRIGGER ${name} ${on} EXECUTE FUNCTION ${name}();`;

const NOTIFY = `PERFORM pg_notify('embedding_queue', NEW.id::text);`;

describeWithServer('a trigger that does not change our writes', () => {
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
    await site.grant();
  });
  afterEach(() => site.close());

  it.each<[string, string]>([
    ['fires only on the columns of the text', ''],
    [
      'skips mermaid on each update and sets changed blocks to pending',
      `${DROP_TRIGGERS}${trigger(
        'careful',
        `IF NEW.block_type = 'mermaid' THEN NEW.embedding_status := 'skipped';
         ELSIF TG_OP = 'INSERT' OR (OLD.block_type, OLD.content) IS DISTINCT FROM (NEW.block_type, NEW.content) THEN
           NEW.embedding_status := 'pending'; ${NOTIFY}
         END IF;
         RETURN NEW;`,
        'BEFORE INSERT OR UPDATE ON blocks FOR EACH ROW',
      )}`,
    ],
    [
      'skips short blocks on each update, whatever their type',
      trigger(
        'short',
        `IF length(NEW.content::text) < 100 THEN NEW.embedding_status := 'skipped'; END IF; RETURN NEW;`,
        'BEFORE UPDATE ON blocks FOR EACH ROW',
      ),
    ],
    [
      'notifies of blocks that are set to pending, as we do to hand a block back',
      `${DROP_TRIGGERS}${trigger(
        'announce',
        `IF NEW.embedding_status = 'pending' THEN ${NOTIFY} END IF; RETURN NULL;`,
        'AFTER INSERT OR UPDATE ON blocks FOR EACH ROW',
      )}`,
    ],
    [
      'notifies another channel',
      trigger(
        'audit',
        `PERFORM pg_notify('audit', NEW.embedding_status); RETURN NULL;`,
        'AFTER UPDATE ON blocks FOR EACH ROW',
      ),
    ],
    [
      'rejects changes to one block',
      trigger(
        'archived',
        `IF OLD.block_type = 'code' THEN RAISE EXCEPTION 'the block is archived'; END IF; RETURN NEW;`,
        'BEFORE UPDATE ON blocks FOR EACH ROW',
      ),
    ],
    [
      'accepts statuses only in their order',
      trigger(
        'steps',
        `IF NOT (OLD.embedding_status, NEW.embedding_status) IN (('pending', 'processing'), ('processing', 'pending'),
              ('processing', 'completed'), ('processing', 'error'), ('processing', 'skipped'), ('error', 'pending'), ('completed', 'pending'))
         THEN RAISE EXCEPTION 'not from % to %', OLD.embedding_status, NEW.embedding_status; END IF;
         RETURN NEW;`,
        'BEFORE UPDATE OF embedding_status ON blocks FOR EACH ROW',
      ),
    ],
  ])('(one that %s) is accepted', async (_, sql) => {
    await site.prepare(INSERT_BLOCKS + sql);
    expect(await site.startError()).toBeUndefined();
    expect(await site.doctorFindings()).toEqual([]);
  });
});

describeWithServer('the worker’s own write', () => {
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
  });
  afterEach(() => site.close());

  it('is tried with only column privileges', async () => {
    await site.prepare(
      `${INSERT_BLOCKS} GRANT SELECT (id, title) ON notes TO :role;
       GRANT SELECT (id, note_id, block_type, content, embedding, embedding_status, ctid), UPDATE (embedding, embedding_status) ON blocks TO :role`,
    );
    expect(await site.startError()).toBeUndefined();
    expect(await site.doctorFindings()).toEqual([]);
    await site.prepare(EAGER_TRIGGER);
    expect(await site.startError()).toMatchObject({ code: 'SCHEMA_TRIGGER_LOOP' });
  });

  it('is tried on columns of other names', async () => {
    await site.grant();
    await site.prepare(
      `ALTER TABLE blocks RENAME embedding TO vector; ALTER TABLE blocks RENAME embedding_status TO state;
       ${DROP_TRIGGERS} CREATE FUNCTION queue_block() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${NOTIFY} RETURN NEW; END $$;
       CREATE TRIGGER queue BEFORE INSERT OR UPDATE OF content ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block();
       INSERT INTO notes (title) VALUES ('A');
       INSERT INTO blocks (note_id, block_type, content, state) SELECT id, 'paragraph', '"text"', 'pending' FROM notes`,
    );
    site.environment = { PALDOCS_BLOCKS_EMBEDDING_COLUMN: 'vector', PALDOCS_BLOCKS_STATUS_COLUMN: 'state' };
    expect(await site.startError()).toBeUndefined();
    expect(await site.doctorFindings()).toEqual([]);
  });

  it.each(['LOCK TABLE blocks IN SHARE MODE', 'SELECT FROM blocks FOR UPDATE'])(
    'is skipped after a short wait, so that the worker starts, under %s',
    async (lock) => {
      await site.grant();
      await site.prepare(INSERT_BLOCKS);
      const other = await site.db.connect();
      try {
        await other.query(`BEGIN; ${lock}`);
        expect(await site.startError()).toBeUndefined();
        expect(await site.doctorFindings()).toEqual([]);
      } finally {
        await other.end();
      }
    },
  );
});

describeWithServer('a trigger that the worker’s own write fires', () => {
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
    await site.grant();
  });
  afterEach(() => site.close());

  const partitioned = `${DROP_TRIGGERS}
    ALTER TABLE blocks RENAME TO old;
    CREATE TABLE blocks (LIKE old INCLUDING DEFAULTS INCLUDING IDENTITY) PARTITION BY HASH (id);
    CREATE TABLE blocks_0 PARTITION OF blocks FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE blocks_1 PARTITION OF blocks FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    GRANT SELECT, UPDATE (embedding, embedding_status) ON blocks TO :role;`;
  const loop = `NEW.embedding_status := 'pending'; ${NOTIFY} RETURN NEW;`;

  /** A name, the SQL that creates it, the message, the fix, and whether both fixes work. */
  const LOOPS: [string, string, RegExp, RegExp, boolean][] = [
    [
      'on every INSERT and UPDATE',
      EAGER_TRIGGER + INSERT_BLOCKS,
      /fires the trigger "eager" on public\.blocks, which sets the block back to pending/,
      /^CREATE OR REPLACE TRIGGER eager BEFORE INSERT OR UPDATE OF block_type, content ON public\.blocks FOR EACH ROW EXECUTE FUNCTION public\.eager\(\);$/m,
      true,
    ],
    [
      'next to one that sets a time, which the fix leaves as it is',
      `${EAGER_TRIGGER} ALTER TABLE blocks ADD updated_at timestamptz;
       ${trigger('touch', 'NEW.updated_at := now(); RETURN NEW;', 'BEFORE UPDATE ON blocks FOR EACH ROW')} ${INSERT_BLOCKS}`,
      /fires the trigger "eager" on/,
      /^(?![^]*TRIGGER touch)/,
      true,
    ],
    [
      'on the status only, with a condition',
      INSERT_BLOCKS +
        trigger(
          'again',
          loop,
          `BEFORE UPDATE OF embedding_status ON blocks FOR EACH ROW WHEN (NEW.embedding_status = 'completed')`,
        ),
      /fires the trigger "again"/,
      /UPDATE OF block_type, content ON public\.blocks FOR EACH ROW WHEN \(/,
      true,
    ],
    [
      'on other columns besides ours, which it keeps',
      INSERT_BLOCKS + trigger('again', loop, `BEFORE UPDATE OF note_id, content, embedding ON blocks FOR EACH ROW`),
      /fires the trigger "again"/,
      /UPDATE OF note_id, content ON/,
      true,
    ],
    [
      'that sets failed blocks back to pending',
      INSERT_BLOCKS +
        trigger(
          'retry',
          `IF NEW.embedding_status = 'error' THEN NEW.embedding_status := 'pending'; END IF; RETURN NEW;`,
          'BEFORE UPDATE ON blocks FOR EACH ROW',
        ),
      /sets the block back to pending \(after 'error'\)/,
      /UPDATE OF block_type, content/,
      true,
    ],
    [
      'that only notifies',
      INSERT_BLOCKS + trigger('shout', `${NOTIFY} RETURN NULL;`, 'AFTER UPDATE ON blocks FOR EACH ROW'),
      /fires the trigger "shout" on public\.blocks, which notifies embedding_queue/,
      /AFTER UPDATE OF block_type, content/,
      true,
    ],
    [
      'that only notifies, for a statement',
      INSERT_BLOCKS +
        trigger('shout', `NOTIFY embedding_queue; RETURN NULL;`, 'AFTER UPDATE ON blocks FOR EACH STATEMENT'),
      /"shout" on public\.blocks, which notifies/,
      /AFTER UPDATE OF block_type, content ON public\.blocks FOR EACH STATEMENT/,
      true,
    ],
    [
      'that is deferred',
      INSERT_BLOCKS +
        `CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${NOTIFY} RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON blocks DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late();`,
      /"late" on public\.blocks, which notifies/,
      /DROP TRIGGER late ON public\.blocks;\nCREATE CONSTRAINT TRIGGER late AFTER UPDATE OF block_type, content ON public\.blocks DEFERRABLE INITIALLY DEFERRED/,
      true,
    ],
    [
      'that writes the row a second time',
      INSERT_BLOCKS +
        trigger(
          'after',
          `UPDATE blocks SET embedding_status = 'pending' WHERE id = NEW.id; RETURN NULL;`,
          'AFTER UPDATE OF embedding ON blocks FOR EACH ROW',
        ).replace('plpgsql', 'plpgsql SECURITY DEFINER'),
      /"after" on public\.blocks, which sets the block back to pending/,
      /AFTER UPDATE OF block_type, content/,
      true,
    ],
    [
      'of a partitioned table',
      partitioned +
        `CREATE FUNCTION eager() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${loop} END $$;
         CREATE TRIGGER eager BEFORE INSERT OR UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION eager(); ${INSERT_BLOCKS}`,
      /"eager" on public\.blocks/,
      /^CREATE OR REPLACE TRIGGER eager [^\n]* ON public\.blocks FOR EACH ROW[^\n]*;\n-- or/,
      true,
    ],
    [
      'of one partition, although all have one',
      partitioned +
        `CREATE FUNCTION eager() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${loop} END $$;
         CREATE TRIGGER t BEFORE INSERT OR UPDATE OF content ON blocks_0 FOR EACH ROW EXECUTE FUNCTION eager();
         CREATE TRIGGER t BEFORE INSERT OR UPDATE ON blocks_1 FOR EACH ROW EXECUTE FUNCTION eager(); ${INSERT_BLOCKS}`,
      /"t" on public\.blocks/,
      /CREATE OR REPLACE TRIGGER t BEFORE INSERT OR UPDATE OF block_type, content ON public\.blocks_1/,
      true,
    ],
    [
      'even in a session of a replica',
      `${EAGER_TRIGGER} ALTER TABLE blocks ENABLE ALWAYS TRIGGER eager; ${INSERT_BLOCKS}`,
      /"eager" on public\.blocks/,
      /;\nALTER TABLE public\.blocks ENABLE ALWAYS TRIGGER eager;$/,
      false,
    ],
  ];

  it.each(LOOPS)('(%s) is rejected with SQL that fixes it', async (_, sql, message, fix) => {
    await site.prepare(sql);
    const before = await site.db.query('SELECT xmin, * FROM blocks ORDER BY id');
    const error = await site.startError();
    expect(error?.message).toMatch(message);
    expect(error?.fix).toMatch(fix);
    expect(await site.db.query('SELECT xmin, * FROM blocks ORDER BY id')).toEqual(before);
    expect(await site.doctorFindings()).toMatchObject([{ name: 'own write', found: error?.message, fix: error?.fix }]);
    await site.runFix(error?.fix ?? '');
    expect(await site.startError()).toBeUndefined();
    expect(await site.doctorFindings()).toEqual([]);
  });

  it.each<[string, string, RegExp]>([
    [
      'there is no block',
      EAGER_TRIGGER,
      /^CREATE OR REPLACE TRIGGER eager BEFORE INSERT OR UPDATE OF block_type, content/,
    ],
    [
      'no block has text',
      `${EAGER_TRIGGER} INSERT INTO notes (title) VALUES ('A');
       INSERT INTO blocks (note_id, block_type, content) SELECT id, 'mermaid', '"graph"' FROM notes`,
      /^CREATE OR REPLACE TRIGGER eager/,
    ],
    [
      'there is no partition yet',
      `${DROP_TRIGGERS} ALTER TABLE blocks RENAME TO old;
       CREATE TABLE blocks (LIKE old INCLUDING DEFAULTS INCLUDING IDENTITY) PARTITION BY HASH (id);
       CREATE TRIGGER eager BEFORE INSERT OR UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();
       GRANT SELECT, UPDATE (embedding, embedding_status) ON blocks TO :role;`,
      /^CREATE OR REPLACE TRIGGER eager [^\n]* ON public\.blocks/,
    ],
    [
      'the block types are an enum',
      `${EAGER_TRIGGER} CREATE TYPE kind AS ENUM ('mermaid', 'text');
       ALTER TABLE blocks ALTER block_type TYPE kind USING block_type::kind;`,
      /^CREATE OR REPLACE TRIGGER eager/,
    ],
    [
      'a partition without blocks has a trigger of its own',
      `${DROP_TRIGGERS} ALTER TABLE blocks RENAME TO old;
       CREATE TABLE blocks (LIKE old INCLUDING DEFAULTS INCLUDING IDENTITY) PARTITION BY LIST (block_type);
       CREATE TABLE blocks_0 PARTITION OF blocks FOR VALUES IN ('rare');
       CREATE TABLE blocks_1 PARTITION OF blocks DEFAULT;
       CREATE TRIGGER t BEFORE INSERT OR UPDATE ON blocks_0 FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();
       CREATE TRIGGER t BEFORE INSERT OR UPDATE OF content ON blocks_1 FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();
       GRANT SELECT, UPDATE (embedding, embedding_status) ON blocks TO :role; ${INSERT_BLOCKS}`,
      /^CREATE OR REPLACE TRIGGER t BEFORE INSERT OR UPDATE OF block_type, content ON public\.blocks_0/,
    ],
    [
      'the trigger writes to the table by its name',
      trigger(
        'after',
        `UPDATE blocks SET embedding_status = 'pending' WHERE id = NEW.id; RETURN NULL;`,
        'AFTER UPDATE OF embedding ON blocks FOR EACH ROW',
      ),
      /^CREATE OR REPLACE TRIGGER "after"|^CREATE OR REPLACE TRIGGER after/,
    ],
  ])('(where %s) is rejected after a trial on a copy of the table', async (_, sql, fix) => {
    await site.prepare(sql);
    const error = await site.startError();
    expect(error).toMatchObject({ code: 'SCHEMA_TRIGGER_LOOP', fix: expect.stringMatching(fix) as string });
    await site.runFix(error?.fix ?? '');
    expect(await site.startError()).toBeUndefined();
    expect(await site.doctorFindings()).toEqual([]);
  });

  it.each<[string, string]>([
    [
      'it fills in what the API leaves out',
      `ALTER TABLE blocks ADD hash text;
       ${trigger(
         'hash',
         `IF NEW.hash IS DISTINCT FROM md5(NEW.content::text) THEN NEW.hash := md5(NEW.content::text); NEW.embedding_status := 'pending'; END IF; RETURN NEW;`,
         'BEFORE UPDATE ON blocks FOR EACH ROW',
       )}`,
    ],
    [
      'it fails on a block that the API did not create',
      trigger(
        'strict',
        `IF NEW.note_id IS NULL THEN RAISE 'no note'; END IF; RETURN NEW;`,
        'BEFORE INSERT OR UPDATE ON blocks FOR EACH ROW',
      ),
    ],
    ['the role may not create temporary tables', `REVOKE TEMPORARY ON DATABASE :db FROM PUBLIC; ${EAGER_TRIGGER}`],
  ])('(where there is no block and %s) is accepted', async (_, sql) => {
    await site.prepare(sql.replace(':db', site.db.name));
    expect(await site.startError()).toBeUndefined();
    expect(await site.doctorFindings()).toEqual([]);
  });

  it.each(LOOPS.filter(([, , , , both]) => both))('(%s) does not fire in a session of a replica', async (_, sql) => {
    await site.prepare(sql);
    const { fix = '' } = (await site.startError()) ?? {};
    expect(fix).toMatch(/^ALTER ROLE "role_\w+" IN DATABASE "\w+" SET session_replication_role = replica;$/m);
    await site.runFix(fix, 'alternative');
    expect(await site.startError()).toBeUndefined();
    expect((await site.doctorFindings()).filter(({ status }) => status !== 'warning')).toEqual([]);
  });

  it('on tables and columns that need quotes is rejected with quoted SQL', async () => {
    await site.prepare(
      `${INSERT_BLOCKS} CREATE SCHEMA "K ""b"; GRANT USAGE ON SCHEMA "K ""b" TO :role; ALTER TABLE blocks SET SCHEMA "K ""b"; ALTER TABLE "K ""b".blocks RENAME TO "Blo cks";
       ALTER TABLE "K ""b"."Blo cks" RENAME content TO "Body Text";
       CREATE FUNCTION "K ""b"."E ager"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${loop} END $$;
       CREATE TRIGGER "Que ""ue" BEFORE UPDATE ON "K ""b"."Blo cks" FOR EACH ROW WHEN (NEW.block_type <> 'UPDATE ON x') EXECUTE FUNCTION "K ""b"."E ager"('a b', 'c''d')`,
    );
    site.environment = { PALDOCS_BLOCKS_TABLE: '"K ""b"."Blo cks"', PALDOCS_BLOCKS_CONTENT_COLUMN: '"Body Text"' };
    const error = await site.startError();
    expect(error?.fix).toContain(
      `CREATE OR REPLACE TRIGGER "Que ""ue" BEFORE UPDATE OF block_type, "Body Text" ON "K ""b"."Blo cks" FOR EACH ROW WHEN (`,
    );
    await site.runFix(error?.fix ?? '');
    expect(await site.startError()).toBeUndefined();
    expect(await site.doctorFindings()).toEqual([]);
  });

  it('that compares tables, and so cannot name columns, is rejected with the alternative fix', async () => {
    await site.prepare(
      INSERT_BLOCKS +
        trigger(
          'compare',
          `NOTIFY embedding_queue; RETURN NULL;`,
          'AFTER UPDATE ON blocks REFERENCING OLD TABLE AS o NEW TABLE AS n FOR EACH STATEMENT',
        ),
    );
    const error = await site.startError();
    expect(error?.fix).toMatch(/^change compare\(\) to ignore the worker's writes\n-- or[^\n]*\nALTER ROLE/);
    await site.runFix(error?.fix ?? '', 'alternative');
    expect(await site.startError()).toBeUndefined();
  });

  it('that is ALWAYS is rejected without the replica setting as a fix', async () => {
    await site.prepare(`${EAGER_TRIGGER} ALTER TABLE blocks ENABLE ALWAYS TRIGGER eager; ${INSERT_BLOCKS}`);
    expect((await site.startError())?.fix).not.toContain('session_replication_role');
  });
});

describeWithServer('a worker in sessions of a replica', () => {
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
    await site.grant();
    await site.prepare(
      `ALTER ROLE :role IN DATABASE ${site.db.name} SET session_replication_role = replica; ${EAGER_TRIGGER} ${INSERT_BLOCKS}`,
    );
  });
  afterEach(() => site.close());

  it('needs a trigger that the API’s sessions fire', async () => {
    await site.prepare('ALTER TABLE blocks DISABLE TRIGGER eager');
    expect(await site.startError()).toMatchObject({ message: expect.stringContaining('is disabled') as string });
    await site.prepare('ALTER TABLE blocks ENABLE REPLICA TRIGGER eager');
    const error = await site.startError();
    expect(error).toMatchObject({ message: expect.stringContaining('is disabled') as string });
    await site.runFix(error?.fix ?? '');
    expect(await site.startError()).toBeUndefined();
  });

  it.each(['ALWAYS', 'REPLICA'])('is rejected if a trigger that is %s loops there', async (mode) => {
    await site.prepare(
      `CREATE TRIGGER other BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION eager();
       ALTER TABLE blocks ENABLE ${mode} TRIGGER other`,
    );
    const error = await site.startError();
    expect(error?.message).toMatch(/fires the trigger "other" on public\.blocks/);
    expect(error?.fix).toBe(
      `CREATE OR REPLACE TRIGGER other BEFORE UPDATE OF block_type, content ON public.blocks FOR EACH ROW EXECUTE FUNCTION public.eager();
ALTER TABLE public.blocks ENABLE ${mode} TRIGGER other;`,
    );
    await site.runFix(error?.fix ?? '');
    expect(await site.startError()).toBeUndefined();
  });

  it('gets a warning from doctor that names the triggers it does not fire', async () => {
    await site.prepare(
      `ALTER TABLE blocks ADD updated_at timestamptz; ALTER TABLE blocks ADD edited_at timestamptz;
       ${trigger('touch', 'NEW.updated_at := now(); RETURN NEW;', 'BEFORE UPDATE ON blocks FOR EACH ROW')}
       ${trigger('edited', 'NEW.edited_at := now(); RETURN NEW;', 'BEFORE UPDATE OF content ON blocks FOR EACH ROW')}`,
    );
    const [warning, ...others] = await site.doctorFindings();
    expect(others).toEqual([]);
    expect(warning).toMatchObject({
      name: 'own write',
      status: 'warning',
      found: expect.stringMatching(/our writes do not fire the trigger "touch" on public\.blocks$/) as string,
    });
    await site.runFix(warning?.fix ?? '');
    expect(await site.doctorFindings()).toEqual([]);
    expect(await site.startError()).toBeUndefined();
  });

  it.each([
    [
      'of the status',
      `CREATE TABLE statuses (name text PRIMARY KEY);
       INSERT INTO statuses VALUES ('pending'), ('processing'), ('completed'), ('error'), ('skipped');
       GRANT SELECT ON statuses TO :role;
       ALTER TABLE blocks ADD CONSTRAINT known FOREIGN KEY (embedding_status) REFERENCES statuses`,
    ],
    [
      'to the status',
      `ALTER TABLE blocks ADD UNIQUE (id, embedding_status);
       CREATE TABLE log (block bigint, status text, CONSTRAINT known FOREIGN KEY (block, status) REFERENCES blocks (id, embedding_status))`,
    ],
  ])('is rejected if a foreign key %s would not be checked', async (_, sql) => {
    await site.prepare(sql);
    const error = await site.startError();
    expect(error).toMatchObject({
      code: 'SCHEMA_FOREIGN_KEY',
      message: expect.stringContaining('not checked by the foreign key "known"') as string,
    });
    await site.runFix(error?.fix ?? '');
    expect(await site.startError()).toBeUndefined();
  });
});
