import { SchemaSite } from '../../support/schema-site.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { INSERT_BLOCKS } from './api-triggers.js';

/** No block is pending, so that an undone write cannot look like one that sets the block back to pending. */
const DONE = `${INSERT_BLOCKS} UPDATE blocks SET embedding_status = 'completed', embedding = (SELECT array_agg(1) FROM generate_series(1, 768))::vector;`;
const trigger = (body: string) => `${DONE}
  CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} END $$;
  CREATE TRIGGER undo BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION undo();`;

describeWithServer('a write of the worker that is undone without an error', () => {
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
    await site.grant();
  });
  afterEach(() => site.close());

  const BY_TRIGGERS: [string, string, RegExp][] = [
    ['that returns NULL', 'RETURN NULL;', /embedding_status = 'processing': the trigger "undo" undoes it/],
    [
      'that keeps the status',
      'NEW.embedding_status := OLD.embedding_status; RETURN NEW;',
      /embedding_status = 'processing': the trigger "undo"/,
    ],
    ['that removes the vector', 'NEW.embedding := NULL; RETURN NEW;', /embedding_status = 'completed': the trigger/],
  ];

  it.each(BY_TRIGGERS)('by a trigger %s is rejected with SQL that fixes it', async (_, body, message) => {
    await site.prepare(trigger(body));
    const error = await site.startError();
    expect(error).toMatchObject({ code: 'SCHEMA_WRITE', message: expect.stringMatching(message) as string });
    expect(await site.doctorFindings()).toMatchObject([{ name: 'own write', found: error?.message, fix: error?.fix }]);
    await site.runFix(error?.fix ?? '');
    expect(await site.startError()).toBeUndefined();
    expect(await site.doctorFindings()).toEqual([]);
  });

  it.each(BY_TRIGGERS)('by a trigger %s is kept in a session of a replica', async (_, body) => {
    await site.prepare(trigger(body));
    await site.runFix((await site.startError())?.fix ?? '', 'alternative');
    expect(await site.startError()).toBeUndefined();
  });

  it('by a rule is rejected', async () => {
    await site.prepare(`${DONE} CREATE RULE undo AS ON UPDATE TO blocks DO INSTEAD NOTHING`);
    expect(await site.startError()).toMatchObject({
      code: 'SCHEMA_WRITE',
      message: expect.stringMatching(/does not keep .* a rule or trigger undoes it/) as string,
    });
  });

  it('for one block of several is accepted', async () => {
    await site.prepare(trigger(`IF NEW.block_type = 'code' THEN RETURN NULL; END IF; RETURN NEW;`));
    expect(await site.startError()).toBeUndefined();
  });
});
