import { SchemaSite } from '../../support/schema-site.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { INSERT_BLOCKS } from './api-triggers.js';

const BLOCKS = `${INSERT_BLOCKS} ALTER TABLE blocks ENABLE ROW LEVEL SECURITY;`;
const NOTES = 'ALTER TABLE notes ENABLE ROW LEVEL SECURITY;';

describeWithServer('row level security', () => {
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
    await site.grant();
  });
  afterEach(() => site.close());

  it.each<[string, string]>([
    ['a policy for everything', `${BLOCKS} CREATE POLICY p ON blocks USING (true);`],
    [
      'policies for SELECT and UPDATE',
      `${BLOCKS} ${NOTES} CREATE POLICY r ON blocks FOR SELECT TO :role USING (true);
       CREATE POLICY w ON blocks FOR UPDATE TO :role USING (true) WITH CHECK (true);
       CREATE POLICY n ON notes FOR SELECT USING (true); CREATE POLICY own ON notes USING (title = current_user);`,
    ],
    [
      'a policy for a role that it is a member of',
      `${BLOCKS} CREATE POLICY p ON blocks TO pg_monitor USING (true); GRANT pg_monitor TO :role;`,
    ],
    [
      'a policy that is true for all rows of this role',
      `${BLOCKS} CREATE POLICY p ON blocks USING (current_user ~ '^role_');`,
    ],
    ['the attribute BYPASSRLS', `${BLOCKS} ${NOTES} ALTER ROLE :role BYPASSRLS;`],
    ['ownership of the table', `${BLOCKS} ALTER TABLE blocks OWNER TO :role;`],
    [
      'a restrictive policy for DELETE',
      `${BLOCKS} CREATE POLICY p ON blocks USING (true); CREATE POLICY d ON blocks AS RESTRICTIVE FOR DELETE USING (false);`,
    ],
  ])('is accepted with %s', async (_, sql) => {
    await site.prepare(sql);
    expect(await site.startError()).toBeUndefined();
    expect(await site.doctorFindings()).toEqual([]);
  });

  const REFUSED: [string, string, RegExp][] = [
    ['no policy', BLOCKS, /no policy on public\.blocks lets it SELECT and UPDATE every row$/],
    [
      'a policy for SELECT only',
      `${BLOCKS} CREATE POLICY embedding_worker ON blocks FOR SELECT USING (true);`,
      /no policy on public\.blocks lets it UPDATE every row$/,
    ],
    [
      'a policy for some rows',
      `${BLOCKS} CREATE POLICY p ON blocks USING (note_id = current_setting('app.note', true)::bigint);`,
      /SELECT and UPDATE every row$/,
    ],
    [
      'a policy that hides what is written',
      `${BLOCKS} CREATE POLICY r ON blocks FOR SELECT USING (true);
       CREATE POLICY p ON blocks FOR UPDATE USING (true) WITH CHECK (embedding_status <> 'completed');`,
      /lets it UPDATE every row$/,
    ],
    [
      'a policy for another role',
      `${BLOCKS} CREATE POLICY p ON blocks TO pg_monitor USING (true);`,
      /SELECT and UPDATE every row$/,
    ],
    ['no policy on notes', NOTES, /no policy on public\.notes lets it SELECT every row$/],
    [
      'no policy on blocks and notes',
      BLOCKS + NOTES,
      /no policy on public\.blocks lets it SELECT and UPDATE every row; no policy on public\.notes lets it SELECT every row$/,
    ],
    [
      'ownership but forced row level security',
      `${BLOCKS} ALTER TABLE blocks OWNER TO :role; ALTER TABLE blocks FORCE ROW LEVEL SECURITY;`,
      /no policy on public\.blocks/,
    ],
  ];

  it.each(REFUSED)('with %s is rejected with a policy that fixes it', async (_, sql, message) => {
    await site.prepare(sql);
    const error = await site.startError();
    expect(error).toMatchObject({ code: 'SCHEMA_ROW_SECURITY', message: expect.stringMatching(message) as string });
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

  it.each(REFUSED)('with %s is rejected with BYPASSRLS as an alternative fix', async (_, sql) => {
    await site.prepare(sql);
    await site.runFix((await site.startError())?.fix ?? '', 'alternative');
    expect(await site.startError()).toBeUndefined();
  });

  it('with a restrictive policy is rejected with BYPASSRLS as the only fix', async () => {
    await site.prepare(
      `${BLOCKS} CREATE POLICY p ON blocks USING (true); CREATE POLICY n ON blocks AS RESTRICTIVE USING (note_id > 0);`,
    );
    const error = await site.startError();
    expect(error?.message).toMatch(/the restrictive policy "n" on public\.blocks applies to it$/);
    expect(error?.fix).toBe(`ALTER ROLE "${site.role.name}" BYPASSRLS;`);
    await site.runFix(error?.fix ?? '');
    expect(await site.startError()).toBeUndefined();
  });

  describe('of a table behind a notes view with security_invoker', () => {
    const VIEW = `ALTER TABLE notes RENAME TO pages;
      CREATE VIEW inner_notes WITH (security_invoker) AS SELECT id, title FROM pages;
      CREATE VIEW notes WITH (security_invoker) AS SELECT * FROM inner_notes;`;
    const GRANTS = 'GRANT SELECT ON notes, inner_notes, pages TO :role;';

    it('is rejected with a policy that fixes it', async () => {
      await site.prepare(`${VIEW} ${GRANTS} ALTER TABLE pages ENABLE ROW LEVEL SECURITY`);
      const error = await site.startError();
      expect(error?.message).toMatch(/: no policy on public\.pages lets it SELECT every row$/);
      await site.runFix(error?.fix ?? '');
      expect(await site.startError()).toBeUndefined();
      expect(await site.doctorFindings()).toEqual([]);
    });

    it('is checked only after the GRANT on that table, which is rejected if missing', async () => {
      await site.prepare(`${VIEW} GRANT SELECT ON notes, inner_notes TO :role; REVOKE ALL ON pages FROM :role`);
      const error = await site.startError();
      expect(error).toMatchObject({
        code: 'SCHEMA_PRIVILEGE',
        fix: `GRANT SELECT ON "public"."pages" TO "${site.role.name}";`,
      });
      await site.runFix(error?.fix ?? '');
      expect(await site.startError()).toBeUndefined();
      expect(await site.doctorFindings()).toEqual([]);
    });

    it('does not matter if the view reads as its owner', async () => {
      await site.prepare(`ALTER TABLE notes RENAME TO pages; ALTER TABLE pages ENABLE ROW LEVEL SECURITY;
        CREATE VIEW notes AS SELECT id, title FROM pages; GRANT SELECT ON notes TO :role;`);
      expect(await site.startError()).toBeUndefined();
    });
  });
});
