import { SchemaSite } from '../support/schema-site.js';
import { describeWithServer } from '../support/describe-with-server.js';

describeWithServer('the name of a table or column', () => {
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
    await site.grant();
  });
  afterEach(() => site.close());

  it.each<[string, string, Record<string, string>, string]>([
    [
      'with quotes',
      'CREATE SCHEMA "Pal-E"; ALTER TABLE blocks RENAME TO content_blocks; ALTER TABLE content_blocks SET SCHEMA "Pal-E"',
      { PALDOCS_BLOCKS_TABLE: '"Pal-E".content_blocks' },
      '"Pal-E".content_blocks',
    ],
    [
      'without the quotes that it needs',
      'CREATE SCHEMA "Pal-E"; ALTER TABLE blocks RENAME TO content_blocks; ALTER TABLE content_blocks SET SCHEMA "Pal-E"',
      { PALDOCS_BLOCKS_TABLE: 'Pal-E.content_blocks' },
      '"Pal-E".content_blocks',
    ],
    [
      'that contains dots and quotes',
      'CREATE SCHEMA "we.ird"; ALTER TABLE blocks RENAME TO "Blo""cks"; ALTER TABLE "Blo""cks" SET SCHEMA "we.ird"',
      { PALDOCS_BLOCKS_TABLE: '"we.ird"."Blo""cks"' },
      '"we.ird"."Blo""cks"',
    ],
    [
      'in capitals, which SQL folds',
      '',
      { PALDOCS_BLOCKS_TABLE: 'Public.BLOCKS', PALDOCS_BLOCKS_CONTENT_COLUMN: 'CONTENT' },
      'public.blocks',
    ],
    [
      'in capitals, which exists only in that form',
      'ALTER TABLE blocks RENAME TO "Blocks"; ALTER TABLE "Blocks" RENAME block_type TO "blockType"',
      { PALDOCS_BLOCKS_TABLE: 'Blocks', PALDOCS_BLOCKS_TYPE_COLUMN: 'blockType' },
      'public."Blocks"',
    ],
    [
      'in capitals, which exists in both forms and is read as SQL reads it',
      'CREATE TABLE "Blocks" (id int)',
      { PALDOCS_BLOCKS_TABLE: 'Blocks' },
      'public.blocks',
    ],
    [
      'with a space',
      'ALTER TABLE blocks RENAME content TO "Body Text"; ALTER TABLE notes RENAME TO "No tes"',
      { PALDOCS_BLOCKS_CONTENT_COLUMN: '"Body Text"', PALDOCS_NOTES_TABLE: 'public."No tes"' },
      'public.blocks',
    ],
    [
      'without a schema, through the search path',
      `CREATE SCHEMA kb; ALTER TABLE blocks SET SCHEMA kb; ALTER ROLE :role SET search_path = kb, public`,
      { PALDOCS_BLOCKS_TABLE: 'blocks' },
      'kb.blocks',
    ],
    ['that is a number', 'ALTER TABLE blocks RENAME TO "12345"', { PALDOCS_BLOCKS_TABLE: '12345' }, 'public."12345"'],
  ])('(%s) is found', async (_, sql, environment, name) => {
    await site.prepare(sql);
    for (const schema of ['"Pal-E"', '"we.ird"', 'kb']) {
      if (sql.includes(`CREATE SCHEMA ${schema}`)) await site.prepare(`GRANT USAGE ON SCHEMA ${schema} TO :role`);
    }
    site.environment = environment;
    expect(await site.inspect()).toMatchObject({ blocksName: name });
    expect(await site.doctorFindings()).toEqual([]);
  });

  it.each<[string, string, Record<string, string>, RegExp, string]>([
    [
      'is in another schema',
      'CREATE SCHEMA kb; ALTER TABLE blocks SET SCHEMA kb',
      {},
      /^PALDOCS_BLOCKS_TABLE: there is no table public\.blocks/,
      'PALDOCS_BLOCKS_TABLE=kb.blocks',
    ],
    [
      'needs quotes',
      'CREATE SCHEMA "Kb"; ALTER TABLE blocks SET SCHEMA "Kb"; GRANT USAGE ON SCHEMA "Kb" TO :role',
      { PALDOCS_BLOCKS_TABLE: 'kb.Blocks' },
      /^PALDOCS_BLOCKS_TABLE: there is no table kb\.Blocks/,
      `PALDOCS_BLOCKS_TABLE='"Kb".blocks'`,
    ],
    [
      'is a view',
      'ALTER TABLE blocks RENAME TO base; CREATE VIEW blocks AS SELECT * FROM base',
      {},
      /^PALDOCS_BLOCKS_TABLE: public\.blocks is a view/,
      'PALDOCS_BLOCKS_TABLE=public.base',
    ],
    [
      'is an index',
      '',
      { PALDOCS_NOTES_TABLE: 'notes_pkey' },
      /^PALDOCS_NOTES_TABLE: public\.notes_pkey is an index/,
      'set PALDOCS_NOTES_TABLE to a table',
    ],
    [
      'is a column with capitals',
      'ALTER TABLE blocks RENAME content TO "Content"',
      {},
      /^PALDOCS_BLOCKS_CONTENT_COLUMN: public\.blocks has no column "content"\. It has id, note_id/,
      `PALDOCS_BLOCKS_CONTENT_COLUMN='"Content"'`,
    ],
  ])('(that %s) is rejected with the right setting', async (_, sql, environment, message, fix) => {
    await site.prepare(sql);
    site.environment = environment;
    const error = await site.startError();
    expect(error?.message).toMatch(message);
    expect(error?.fix).toBe(fix);
    expect(await site.doctorFindings()).toContainEqual({
      name: 'tables',
      status: 'failed',
      found: error?.message,
      fix,
    });
  });

  it('of notes may refer to a view', async () => {
    await site.prepare(
      'CREATE VIEW titles AS SELECT id AS number, title AS name FROM notes; GRANT SELECT ON titles TO :role',
    );
    site.environment = {
      PALDOCS_NOTES_TABLE: 'titles',
      PALDOCS_NOTES_ID_COLUMN: 'number',
      PALDOCS_NOTES_TITLE_COLUMN: 'name',
    };
    expect(await site.startError()).toBeUndefined();
    expect(await site.doctorFindings()).toEqual([]);
  });

  it('in a schema that the role may not use is rejected with the GRANT', async () => {
    await site.prepare('CREATE SCHEMA "Hid den"; ALTER TABLE notes SET SCHEMA "Hid den"');
    site.environment = { PALDOCS_NOTES_TABLE: '"Hid den".notes' };
    const error = await site.startError();
    expect(error?.message).toBe(`the role ${site.role.name} may not use the schema Hid den`);
    await site.runFix(error?.fix ?? '');
    expect(await site.startError()).toBeUndefined();
  });
});
