import { describeWithServer } from '../../support/describe-with-server.js';
import { SchemaSite } from '../../support/schema-site.js';

const PATH = { PALDOCS_EMBEDDING_CONTEXT: 'path', PALDOCS_BLOCKS_POSITION_COLUMN: 'position' };

describeWithServer('with paths, the checks of the schema', () => {
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
    site.environment = PATH;
    await site.grant();
    await site.prepare('ALTER TABLE blocks ADD position integer');
  });
  afterEach(() => site.close());

  it('pass with the index of the reference schema', async () => {
    expect(await site.startError()).toBeUndefined();
    expect(await site.doctorFindings()).toEqual([]);
  });

  it.each([
    ['no index on note_id', 'SELECT'],
    ['one that begins with another column', 'CREATE INDEX ON blocks (position, note_id)'],
    ['one that covers some blocks only', 'CREATE INDEX ON blocks (note_id) WHERE position > 3'],
  ])('fail with %s, and name the index', async (_, sql) => {
    await site.prepare(`DROP INDEX blocks_note_id; ${sql}`);
    const error = await site.startError();
    expect(error).toMatchObject({ code: 'SCHEMA_INDEX' });
    expect(await site.doctorFindings()).toMatchObject([
      { name: 'context', status: 'failed', found: error?.message, fix: error?.fix },
    ]);
    await site.runFix(error?.fix ?? '');
    expect(await site.startError()).toBeUndefined();
  });

  it('need no index for titles', async () => {
    site.environment = { PALDOCS_EMBEDDING_CONTEXT: 'title' };
    await site.prepare('DROP INDEX blocks_note_id');
    expect(await site.startError()).toBeUndefined();
  });

  it('fail without the column, and name the variable', async () => {
    await site.prepare('ALTER TABLE blocks DROP position');
    expect(await site.startError()).toMatchObject({
      code: 'SCHEMA_COLUMN',
      message: expect.stringContaining('PALDOCS_BLOCKS_POSITION_COLUMN') as string,
    });
  });

  it('fail for a role that may not read the column', async () => {
    await site.prepare(`REVOKE SELECT ON blocks FROM :role;
      GRANT SELECT (id, note_id, block_type, content, embedding, embedding_status, ctid) ON blocks TO :role`);
    const error = await site.startError();
    expect(error).toMatchObject({
      code: 'SCHEMA_PRIVILEGE',
      message: expect.stringContaining('SELECT on blocks position') as string,
    });
    await site.runFix(error?.fix ?? '');
    expect(await site.startError()).toBeUndefined();
  });
});
