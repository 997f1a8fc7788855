import { SchemaSite } from '../../support/schema-site.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { EAGER, ROWS, WITHOUT } from './triggers.js';

/** A trigger function on `NEW` and `OLD`, which is put on blocks as `on` says. */
const trigger = (name: string, body: string, on: string) => `
  CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} END $$;
  CREATE TRIGGER ${name} ${on} EXECUTE FUNCTION ${name}();`;

const NOTIFY = `PERFORM pg_notify('embedding_queue', NEW.id::text);`;

describeWithServer('a trigger that leaves our writes as they are', () => {
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
    await site.grant();
  });
  afterEach(() => site.close());

  it.each<[string, string]>([
    ['is for the columns of the text', ''],
    [
      'skips mermaid at each update, and sets pending what has changed',
      `${WITHOUT}${trigger(
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
      'skips what is short, at each update, whatever its type',
      trigger(
        'short',
        `IF length(NEW.content::text) < 100 THEN NEW.embedding_status := 'skipped'; END IF; RETURN NEW;`,
        'BEFORE UPDATE ON blocks FOR EACH ROW',
      ),
    ],
    [
      'announces what is set pending, as we do when we hand a block back',
      `${WITHOUT}${trigger(
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
      'refuses to have one block changed',
      trigger(
        'archived',
        `IF OLD.block_type = 'code' THEN RAISE EXCEPTION 'the block is archived'; END IF; RETURN NEW;`,
        'BEFORE UPDATE ON blocks FOR EACH ROW',
      ),
    ],
    [
      'takes the statuses in their order only',
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
    await site.prepare(ROWS + sql);
    expect(await site.refusal()).toBeUndefined();
    expect(await site.doctor()).toEqual([]);
  });
});

describeWithServer('our own write', () => {
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
  });
  afterEach(() => site.close());

  it('is tried with privileges on columns alone', async () => {
    await site.prepare(
      `${ROWS} GRANT SELECT (id, title) ON notes TO :role;
       GRANT SELECT (id, note_id, block_type, content, embedding, embedding_status), UPDATE (embedding, embedding_status) ON blocks TO :role`,
    );
    expect(await site.refusal()).toBeUndefined();
    expect(await site.doctor()).toEqual([]);
    await site.prepare(EAGER);
    expect(await site.refusal()).toMatchObject({ code: 'SCHEMA_TRIGGER_LOOP' });
  });

  it.each(['LOCK TABLE blocks IN SHARE MODE', 'SELECT FROM blocks FOR UPDATE'])(
    'is waited for no longer than a moment, and starts nevertheless, under %s',
    async (lock) => {
      await site.grant();
      await site.prepare(ROWS);
      const other = await site.db.connect();
      try {
        await other.query(`BEGIN; ${lock}`);
        expect(await site.refusal()).toBeUndefined();
        expect(await site.doctor()).toEqual([]);
      } finally {
        await other.end();
      }
    },
  );
});

describeWithServer('a trigger that our own write fires', () => {
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
    await site.grant();
  });
  afterEach(() => site.close());

  const partitioned = `${WITHOUT}
    ALTER TABLE blocks RENAME TO old;
    CREATE TABLE blocks (LIKE old INCLUDING DEFAULTS INCLUDING IDENTITY) PARTITION BY HASH (id);
    CREATE TABLE blocks_0 PARTITION OF blocks FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE blocks_1 PARTITION OF blocks FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    GRANT SELECT, UPDATE (embedding, embedding_status) ON blocks TO :role;`;
  const loop = `NEW.embedding_status := 'pending'; ${NOTIFY} RETURN NEW;`;

  /** What it is, what makes it, what is said, what the fix holds, and whether both remedies help. */
  const LOOPS: [string, string, RegExp, RegExp, boolean][] = [
    [
      'at every INSERT and UPDATE',
      EAGER + ROWS,
      /fires the trigger "eager" on public\.blocks, which sets a block pending/,
      /^CREATE OR REPLACE TRIGGER eager BEFORE INSERT OR UPDATE OF block_type, content ON public\.blocks FOR EACH ROW EXECUTE FUNCTION public\.eager\(\);$/m,
      true,
    ],
    [
      'beside one that keeps a time, which is not the one to change',
      `${EAGER} ALTER TABLE blocks ADD updated_at timestamptz;
       ${trigger('touch', 'NEW.updated_at := now(); RETURN NEW;', 'BEFORE UPDATE ON blocks FOR EACH ROW')} ${ROWS}`,
      /fires the trigger "eager" on/,
      /^(?![^]*TRIGGER touch)/,
      true,
    ],
    [
      'on the status alone, with a condition',
      ROWS +
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
      'on other columns beside ours, which it keeps',
      ROWS + trigger('again', loop, `BEFORE UPDATE OF note_id, content, embedding ON blocks FOR EACH ROW`),
      /fires the trigger "again"/,
      /UPDATE OF note_id, content ON/,
      true,
    ],
    [
      'that sets failed blocks pending again',
      ROWS +
        trigger(
          'retry',
          `IF NEW.embedding_status = 'error' THEN NEW.embedding_status := 'pending'; END IF; RETURN NEW;`,
          'BEFORE UPDATE ON blocks FOR EACH ROW',
        ),
      /sets a block pending that was written 'error'/,
      /UPDATE OF block_type, content/,
      true,
    ],
    [
      'that only notifies',
      ROWS + trigger('shout', `${NOTIFY} RETURN NULL;`, 'AFTER UPDATE ON blocks FOR EACH ROW'),
      /fires the trigger "shout" on public\.blocks, which notifies embedding_queue/,
      /AFTER UPDATE OF block_type, content/,
      true,
    ],
    [
      'that only notifies, for a statement',
      ROWS + trigger('shout', `NOTIFY embedding_queue; RETURN NULL;`, 'AFTER UPDATE ON blocks FOR EACH STATEMENT'),
      /"shout" on public\.blocks, which notifies/,
      /AFTER UPDATE OF block_type, content ON public\.blocks FOR EACH STATEMENT/,
      true,
    ],
    [
      'that is deferred',
      ROWS +
        `CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${NOTIFY} RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON blocks DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late();`,
      /"late" on public\.blocks, which notifies/,
      /DROP TRIGGER late ON public\.blocks;\nCREATE CONSTRAINT TRIGGER late AFTER UPDATE OF block_type, content ON public\.blocks DEFERRABLE INITIALLY DEFERRED/,
      true,
    ],
    [
      'that writes the row a second time',
      ROWS +
        trigger(
          'after',
          `UPDATE blocks SET embedding_status = 'pending' WHERE id = NEW.id; RETURN NULL;`,
          'AFTER UPDATE OF embedding ON blocks FOR EACH ROW',
        ).replace('plpgsql', 'plpgsql SECURITY DEFINER'),
      /"after" on public\.blocks, which sets a block pending/,
      /AFTER UPDATE OF block_type, content/,
      true,
    ],
    [
      'of a partitioned table',
      partitioned +
        `CREATE FUNCTION eager() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${loop} END $$;
         CREATE TRIGGER eager BEFORE INSERT OR UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION eager(); ${ROWS}`,
      /"eager" on public\.blocks/,
      /^CREATE OR REPLACE TRIGGER eager [^\n]* ON public\.blocks FOR EACH ROW[^\n]*;\n-- or/,
      true,
    ],
    [
      'of one partition, where all have one',
      partitioned +
        `CREATE FUNCTION eager() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${loop} END $$;
         CREATE TRIGGER t BEFORE INSERT OR UPDATE OF content ON blocks_0 FOR EACH ROW EXECUTE FUNCTION eager();
         CREATE TRIGGER t BEFORE INSERT OR UPDATE ON blocks_1 FOR EACH ROW EXECUTE FUNCTION eager(); ${ROWS}`,
      /"t" on public\.blocks/,
      /CREATE OR REPLACE TRIGGER t BEFORE INSERT OR UPDATE OF block_type, content ON public\.blocks_1/,
      true,
    ],
    [
      'always, even in a replica’s session',
      `${EAGER} ALTER TABLE blocks ENABLE ALWAYS TRIGGER eager; ${ROWS}`,
      /"eager" on public\.blocks/,
      /;\nALTER TABLE public\.blocks ENABLE ALWAYS TRIGGER eager;$/,
      false,
    ],
  ];

  it.each(LOOPS)('(%s) is refused, and the SQL that is told helps', async (_, sql, says, fix) => {
    await site.prepare(sql);
    const before = await site.db.query('SELECT xmin, * FROM blocks ORDER BY id');
    const refused = await site.refusal();
    expect(refused?.message).toMatch(says);
    expect(refused?.fix).toMatch(fix);
    expect(await site.db.query('SELECT xmin, * FROM blocks ORDER BY id')).toEqual(before);
    expect(await site.doctor()).toMatchObject([{ name: 'own write', found: refused?.message, fix: refused?.fix }]);
    await site.run(refused?.fix ?? '');
    expect(await site.refusal()).toBeUndefined();
    expect(await site.doctor()).toEqual([]);
  });

  it.each<[string, string, RegExp]>([
    ['there is no block', EAGER, /^CREATE OR REPLACE TRIGGER eager BEFORE INSERT OR UPDATE OF block_type, content/],
    [
      'no block holds text',
      `${EAGER} INSERT INTO notes (title) VALUES ('A');
       INSERT INTO blocks (note_id, block_type, content) SELECT id, 'mermaid', '"graph"' FROM notes`,
      /^CREATE OR REPLACE TRIGGER eager/,
    ],
    [
      'there is no partition yet',
      `${WITHOUT} ALTER TABLE blocks RENAME TO old;
       CREATE TABLE blocks (LIKE old INCLUDING DEFAULTS INCLUDING IDENTITY) PARTITION BY HASH (id);
       CREATE TRIGGER eager BEFORE INSERT OR UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();
       GRANT SELECT, UPDATE (embedding, embedding_status) ON blocks TO :role;`,
      /^CREATE OR REPLACE TRIGGER eager [^\n]* ON public\.blocks/,
    ],
    [
      'the types of block are an enum',
      `${EAGER} CREATE TYPE kind AS ENUM ('mermaid', 'text');
       ALTER TABLE blocks ALTER block_type TYPE kind USING block_type::kind;`,
      /^CREATE OR REPLACE TRIGGER eager/,
    ],
    [
      'a partition without blocks has a trigger of its own',
      `${WITHOUT} ALTER TABLE blocks RENAME TO old;
       CREATE TABLE blocks (LIKE old INCLUDING DEFAULTS INCLUDING IDENTITY) PARTITION BY LIST (block_type);
       CREATE TABLE blocks_0 PARTITION OF blocks FOR VALUES IN ('rare');
       CREATE TABLE blocks_1 PARTITION OF blocks DEFAULT;
       CREATE TRIGGER t BEFORE INSERT OR UPDATE ON blocks_0 FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();
       CREATE TRIGGER t BEFORE INSERT OR UPDATE OF content ON blocks_1 FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();
       GRANT SELECT, UPDATE (embedding, embedding_status) ON blocks TO :role; ${ROWS}`,
      /^CREATE OR REPLACE TRIGGER t BEFORE INSERT OR UPDATE OF block_type, content ON public\.blocks_0/,
    ],
    [
      'the second write is by the table’s name',
      trigger(
        'after',
        `UPDATE blocks SET embedding_status = 'pending' WHERE id = NEW.id; RETURN NULL;`,
        'AFTER UPDATE OF embedding ON blocks FOR EACH ROW',
      ),
      /^CREATE OR REPLACE TRIGGER "after"|^CREATE OR REPLACE TRIGGER after/,
    ],
  ])('(where %s) is refused for what it does to a block of our own', async (_, sql, fix) => {
    await site.prepare(sql);
    const refused = await site.refusal();
    expect(refused).toMatchObject({ code: 'SCHEMA_TRIGGER_LOOP', fix: expect.stringMatching(fix) as string });
    await site.run(refused?.fix ?? '');
    expect(await site.refusal()).toBeUndefined();
    expect(await site.doctor()).toEqual([]);
  });

  it.each<[string, string]>([
    [
      'it completes what the API leaves out',
      `ALTER TABLE blocks ADD hash text;
       ${trigger(
         'hash',
         `IF NEW.hash IS DISTINCT FROM md5(NEW.content::text) THEN NEW.hash := md5(NEW.content::text); NEW.embedding_status := 'pending'; END IF; RETURN NEW;`,
         'BEFORE UPDATE ON blocks FOR EACH ROW',
       )}`,
    ],
    [
      'it fails on a block that the API did not make',
      trigger(
        'strict',
        `IF NEW.note_id IS NULL THEN RAISE 'no note'; END IF; RETURN NEW;`,
        'BEFORE INSERT OR UPDATE ON blocks FOR EACH ROW',
      ),
    ],
    ['the role may make no temporary tables', `REVOKE TEMPORARY ON DATABASE :db FROM PUBLIC; ${EAGER}`],
  ])('(where there is no block, and %s) is not refused for it', async (_, sql) => {
    await site.prepare(sql.replace(':db', site.db.name));
    expect(await site.refusal()).toBeUndefined();
    expect(await site.doctor()).toEqual([]);
  });

  it.each(LOOPS.filter(([, , , , both]) => both))('(%s) does not fire in a session of a replica', async (_, sql) => {
    await site.prepare(sql);
    const { fix = '' } = (await site.refusal()) ?? {};
    expect(fix).toMatch(/^ALTER ROLE "role_\w+" IN DATABASE "\w+" SET session_replication_role = replica;$/m);
    await site.run(fix, 'other');
    expect(await site.refusal()).toBeUndefined();
    expect((await site.doctor()).filter(({ status }) => status !== 'warning')).toEqual([]);
  });

  it('of tables and columns that need quotes is refused with SQL that has them', async () => {
    await site.prepare(
      `${ROWS} CREATE SCHEMA "K ""b"; GRANT USAGE ON SCHEMA "K ""b" TO :role; ALTER TABLE blocks SET SCHEMA "K ""b"; ALTER TABLE "K ""b".blocks RENAME TO "Blo cks";
       ALTER TABLE "K ""b"."Blo cks" RENAME content TO "Body Text";
       CREATE FUNCTION "K ""b"."E ager"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${loop} END $$;
       CREATE TRIGGER "Que ""ue" BEFORE UPDATE ON "K ""b"."Blo cks" FOR EACH ROW WHEN (NEW.block_type <> 'UPDATE ON x') EXECUTE FUNCTION "K ""b"."E ager"('a b', 'c''d')`,
    );
    site.environment = { PALDOCS_BLOCKS_TABLE: '"K ""b"."Blo cks"', PALDOCS_BLOCKS_CONTENT_COLUMN: '"Body Text"' };
    const refused = await site.refusal();
    expect(refused?.fix).toContain(
      `CREATE OR REPLACE TRIGGER "Que ""ue" BEFORE UPDATE OF block_type, "Body Text" ON "K ""b"."Blo cks" FOR EACH ROW WHEN (`,
    );
    await site.run(refused?.fix ?? '');
    expect(await site.refusal()).toBeUndefined();
    expect(await site.doctor()).toEqual([]);
  });

  it('that compares tables, and can name no columns, leaves the other remedy', async () => {
    await site.prepare(
      ROWS +
        trigger(
          'compare',
          `NOTIFY embedding_queue; RETURN NULL;`,
          'AFTER UPDATE ON blocks REFERENCING OLD TABLE AS o NEW TABLE AS n FOR EACH STATEMENT',
        ),
    );
    const refused = await site.refusal();
    expect(refused?.fix).toMatch(/^let compare\(\) leave alone what the worker writes\n-- or[^\n]*\nALTER ROLE/);
    await site.run(refused?.fix ?? '', 'other');
    expect(await site.refusal()).toBeUndefined();
  });

  it('always, is not said to be helped by a session of a replica', async () => {
    await site.prepare(`${EAGER} ALTER TABLE blocks ENABLE ALWAYS TRIGGER eager; ${ROWS}`);
    expect((await site.refusal())?.fix).not.toContain('session_replication_role');
  });
});

describeWithServer('in sessions of a replica, a worker', () => {
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
    await site.grant();
    await site.prepare(
      `ALTER ROLE :role IN DATABASE ${site.db.name} SET session_replication_role = replica; ${EAGER} ${ROWS}`,
    );
  });
  afterEach(() => site.close());

  it('still asks for a trigger that the API’s sessions fire', async () => {
    await site.prepare('ALTER TABLE blocks DISABLE TRIGGER eager');
    expect(await site.refusal()).toMatchObject({ message: expect.stringContaining('is disabled') as string });
    await site.prepare('ALTER TABLE blocks ENABLE REPLICA TRIGGER eager');
    const refused = await site.refusal();
    expect(refused).toMatchObject({ message: expect.stringContaining('is disabled') as string });
    await site.run(refused?.fix ?? '');
    expect(await site.refusal()).toBeUndefined();
  });

  it.each(['ALWAYS', 'REPLICA'])('is refused one that loops there, because it is %s', async (mode) => {
    await site.prepare(
      `CREATE TRIGGER other BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION eager();
       ALTER TABLE blocks ENABLE ${mode} TRIGGER other`,
    );
    const refused = await site.refusal();
    expect(refused?.message).toMatch(/fires the trigger "other" on public\.blocks/);
    expect(refused?.fix).toBe(
      `CREATE OR REPLACE TRIGGER other BEFORE UPDATE OF block_type, content ON public.blocks FOR EACH ROW EXECUTE FUNCTION public.eager();
ALTER TABLE public.blocks ENABLE ${mode} TRIGGER other;`,
    );
    await site.run(refused?.fix ?? '');
    expect(await site.refusal()).toBeUndefined();
  });

  it('is told by doctor which triggers do not see its writes', async () => {
    await site.prepare(
      `ALTER TABLE blocks ADD updated_at timestamptz; ALTER TABLE blocks ADD edited_at timestamptz;
       ${trigger('touch', 'NEW.updated_at := now(); RETURN NEW;', 'BEFORE UPDATE ON blocks FOR EACH ROW')}
       ${trigger('edited', 'NEW.edited_at := now(); RETURN NEW;', 'BEFORE UPDATE OF content ON blocks FOR EACH ROW')}`,
    );
    const [warning, ...others] = await site.doctor();
    expect(others).toEqual([]);
    expect(warning).toMatchObject({
      name: 'own write',
      status: 'warning',
      found: expect.stringMatching(/our writes do not fire the trigger "touch" on public\.blocks$/) as string,
    });
    await site.run(warning?.fix ?? '');
    expect(await site.doctor()).toEqual([]);
    expect(await site.refusal()).toBeUndefined();
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
  ])('is refused a foreign key %s, which nothing would check', async (_, sql) => {
    await site.prepare(sql);
    const refused = await site.refusal();
    expect(refused).toMatchObject({
      code: 'SCHEMA_FOREIGN_KEY',
      message: expect.stringContaining('not checked by the foreign key "known"') as string,
    });
    await site.run(refused?.fix ?? '');
    expect(await site.refusal()).toBeUndefined();
  });
});
