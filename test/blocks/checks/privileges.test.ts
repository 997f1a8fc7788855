import { SchemaSite } from '../../support/schema-site.js';
import { describeWithServer } from '../../support/describe-with-server.js';

const OTHER_SCHEMA = `CREATE SCHEMA "ex.tensions";`;

describeWithServer('a role that may not use the schema of', () => {
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
    await site.grant();
  });
  afterEach(() => site.close());

  it.each<[string, string, RegExp]>([
    [
      'pgvector',
      `${OTHER_SCHEMA} ALTER EXTENSION vector SET SCHEMA "ex.tensions"`,
      /needs: USAGE on schema "ex\.tensions" of the type vector$/,
    ],
    [
      'the type of the status',
      `${OTHER_SCHEMA} CREATE DOMAIN "ex.tensions".status AS text; ALTER TABLE blocks ALTER embedding_status TYPE "ex.tensions".status`,
      /needs: USAGE on schema "ex\.tensions" of the type status$/,
    ],
  ])('%s is rejected even without a block, with the GRANT that fixes it', async (_, sql, message) => {
    await site.prepare(sql);
    const error = await site.startError();
    expect(error).toMatchObject({ code: 'SCHEMA_PRIVILEGE', message: expect.stringMatching(message) as string });
    expect(error?.fix).toBe(`GRANT USAGE ON SCHEMA "ex.tensions" TO "${site.role.name}";`);
    expect(await site.doctorFindings()).toContainEqual({
      name: 'privileges',
      status: 'failed',
      found: error?.message,
      fix: error?.fix,
    });
    await site.runFix(error?.fix ?? '');
    expect(await site.startError()).toBeUndefined();
    expect(await site.doctorFindings()).toEqual([]);
  });
});

describeWithServer('a role that may read only some columns', () => {
  const COLUMNS = 'id, note_id, block_type, content, embedding, embedding_status';
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
    await site.prepare('GRANT SELECT (id, title) ON notes TO :role');
    await site.prepare('GRANT UPDATE (embedding, embedding_status) ON blocks TO :role');
  });
  afterEach(() => site.close());

  it('is enough with those it needs and ctid', async () => {
    await site.prepare(`GRANT SELECT (${COLUMNS}, ctid) ON blocks TO :role`);
    expect(await site.startError()).toBeUndefined();
  });

  it('is rejected without ctid, with the GRANT that fixes it', async () => {
    await site.prepare(`GRANT SELECT (${COLUMNS}) ON blocks TO :role`);
    const error = await site.startError();
    expect(error?.message).toMatch(/needs: SELECT on blocks ctid$/);
    expect(error?.fix).toBe(`GRANT SELECT (ctid) ON "public"."blocks" TO "${site.role.name}";`);
    await site.runFix(error?.fix ?? '');
    expect(await site.startError()).toBeUndefined();
  });

  it('is rejected without a column, with the GRANT of the table', async () => {
    await site.prepare(`GRANT SELECT (id, note_id) ON blocks TO :role`);
    expect((await site.startError())?.fix).toBe(`GRANT SELECT ON "public"."blocks" TO "${site.role.name}";`);
  });
});
