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
      /\(USAGE on schema "ex\.tensions" of the type vector\)$/,
    ],
    [
      'the status’s type',
      `${OTHER_SCHEMA} CREATE DOMAIN "ex.tensions".status AS text; ALTER TABLE blocks ALTER embedding_status TYPE "ex.tensions".status`,
      /\(USAGE on schema "ex\.tensions" of the type status\)$/,
    ],
  ])('%s is refused before there is a block, and the GRANT that is told helps', async (_, sql, says) => {
    await site.prepare(sql);
    const refused = await site.refusal();
    expect(refused).toMatchObject({ code: 'SCHEMA_PRIVILEGE', message: expect.stringMatching(says) as string });
    expect(refused?.fix).toBe(`GRANT USAGE ON SCHEMA "ex.tensions" TO "${site.role.name}";`);
    expect(await site.doctor()).toContainEqual({
      name: 'privileges',
      status: 'failed',
      found: refused?.message,
      fix: refused?.fix,
    });
    await site.run(refused?.fix ?? '');
    expect(await site.refusal()).toBeUndefined();
    expect(await site.doctor()).toEqual([]);
  });
});
