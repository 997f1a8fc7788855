import { SchemaSite } from '../../support/schema-site.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { ROWS } from './api-triggers.js';

const BLOCKS = `${ROWS} ALTER TABLE blocks ENABLE ROW LEVEL SECURITY;`;
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
      'policies for what is needed',
      `${BLOCKS} ${NOTES} CREATE POLICY r ON blocks FOR SELECT TO :role USING (true);
       CREATE POLICY w ON blocks FOR UPDATE TO :role USING (true) WITH CHECK (true);
       CREATE POLICY n ON notes FOR SELECT USING (true); CREATE POLICY own ON notes USING (title = current_user);`,
    ],
    [
      'a policy for a role that it is a member of',
      `${BLOCKS} CREATE POLICY p ON blocks TO pg_monitor USING (true); GRANT pg_monitor TO :role;`,
    ],
    [
      'a policy that lets all rows pass for this role',
      `${BLOCKS} CREATE POLICY p ON blocks USING (current_user ~ '^role_');`,
    ],
    ['leave to bypass it', `${BLOCKS} ${NOTES} ALTER ROLE :role BYPASSRLS;`],
    ['ownership', `${BLOCKS} ALTER TABLE blocks OWNER TO :role;`],
    [
      'a restrictive policy for what we do not do',
      `${BLOCKS} CREATE POLICY p ON blocks USING (true); CREATE POLICY d ON blocks AS RESTRICTIVE FOR DELETE USING (false);`,
    ],
  ])('is fine with %s', async (_, sql) => {
    await site.prepare(sql);
    expect(await site.refusal()).toBeUndefined();
    expect(await site.doctor()).toEqual([]);
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
      'a policy for others',
      `${BLOCKS} CREATE POLICY p ON blocks TO pg_monitor USING (true);`,
      /SELECT and UPDATE every row$/,
    ],
    ['none on notes', NOTES, /no policy on public\.notes lets it SELECT every row$/],
    [
      'none on either',
      BLOCKS + NOTES,
      /no policy on public\.blocks lets it SELECT and UPDATE every row; no policy on public\.notes lets it SELECT every row$/,
    ],
    [
      'ownership that does not help',
      `${BLOCKS} ALTER TABLE blocks OWNER TO :role; ALTER TABLE blocks FORCE ROW LEVEL SECURITY;`,
      /no policy on public\.blocks/,
    ],
  ];

  it.each(REFUSED)('with %s is refused, and the policy that is told helps', async (_, sql, says) => {
    await site.prepare(sql);
    const refused = await site.refusal();
    expect(refused).toMatchObject({ code: 'SCHEMA_ROW_SECURITY', message: expect.stringMatching(says) as string });
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

  it.each(REFUSED)('with %s is refused, and bypassing it helps, too', async (_, sql) => {
    await site.prepare(sql);
    await site.run((await site.refusal())?.fix ?? '', 'other');
    expect(await site.refusal()).toBeUndefined();
  });

  it('with a restrictive policy can only be bypassed', async () => {
    await site.prepare(
      `${BLOCKS} CREATE POLICY p ON blocks USING (true); CREATE POLICY n ON blocks AS RESTRICTIVE USING (note_id > 0);`,
    );
    const refused = await site.refusal();
    expect(refused?.message).toMatch(/the restrictive policy "n" on public\.blocks applies to it$/);
    expect(refused?.fix).toBe(`ALTER ROLE "${site.role.name}" BYPASSRLS;`);
    await site.run(refused?.fix ?? '');
    expect(await site.refusal()).toBeUndefined();
  });

  describe('of the table behind a view for notes that is read as who asks', () => {
    const VIEW = `ALTER TABLE notes RENAME TO pages;
      CREATE VIEW inner_notes WITH (security_invoker) AS SELECT id, title FROM pages;
      CREATE VIEW notes WITH (security_invoker) AS SELECT * FROM inner_notes;`;
    const GRANTS = 'GRANT SELECT ON notes, inner_notes, pages TO :role;';

    it('is refused, and the policy that is told helps', async () => {
      await site.prepare(`${VIEW} ${GRANTS} ALTER TABLE pages ENABLE ROW LEVEL SECURITY`);
      const refused = await site.refusal();
      expect(refused?.message).toMatch(/: no policy on public\.pages lets it SELECT every row$/);
      await site.run(refused?.fix ?? '');
      expect(await site.refusal()).toBeUndefined();
      expect(await site.doctor()).toEqual([]);
    });

    it('counts only if the role may read that table, which is refused with the GRANT that helps', async () => {
      await site.prepare(`${VIEW} GRANT SELECT ON notes, inner_notes TO :role; REVOKE ALL ON pages FROM :role`);
      const refused = await site.refusal();
      expect(refused).toMatchObject({
        code: 'SCHEMA_PRIVILEGE',
        fix: `GRANT SELECT ON "public"."pages" TO "${site.role.name}";`,
      });
      await site.run(refused?.fix ?? '');
      expect(await site.refusal()).toBeUndefined();
      expect(await site.doctor()).toEqual([]);
    });

    it('does not matter where the view is read as its owner', async () => {
      await site.prepare(`ALTER TABLE notes RENAME TO pages; ALTER TABLE pages ENABLE ROW LEVEL SECURITY;
        CREATE VIEW notes AS SELECT id, title FROM pages; GRANT SELECT ON notes TO :role;`);
      expect(await site.refusal()).toBeUndefined();
    });
  });
});
