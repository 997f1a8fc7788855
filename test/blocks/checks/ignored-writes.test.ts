import { SchemaSite } from '../../support/schema-site.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { ROWS } from './api-triggers.js';

/** No block is pending, so that a write that is undone cannot be taken for one that asks for the next. */
const DONE = `${ROWS} UPDATE blocks SET embedding_status = 'completed', embedding = (SELECT array_agg(1) FROM generate_series(1, 768))::vector;`;
const trigger = (body: string) => `${DONE}
  CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} END $$;
  CREATE TRIGGER undo BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION undo();`;

describeWithServer('a write of the worker’s that is undone without an error', () => {
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
    await site.grant();
  });
  afterEach(() => site.close());

  const BY_TRIGGERS: [string, string, RegExp][] = [
    ['that returns nothing', 'RETURN NULL;', /embedding_status = 'processing': the trigger "undo" undoes it/],
    [
      'that keeps the status',
      'NEW.embedding_status := OLD.embedding_status; RETURN NEW;',
      /embedding_status = 'processing': the trigger "undo"/,
    ],
    ['that takes the vector away', 'NEW.embedding := NULL; RETURN NEW;', /embedding_status = 'completed': the trigger/],
  ];

  it.each(BY_TRIGGERS)('by a trigger %s is refused, and the SQL that is told helps', async (_, body, says) => {
    await site.prepare(trigger(body));
    const refused = await site.refusal();
    expect(refused).toMatchObject({ code: 'SCHEMA_WRITE', message: expect.stringMatching(says) as string });
    expect(await site.doctor()).toMatchObject([{ name: 'own write', found: refused?.message, fix: refused?.fix }]);
    await site.run(refused?.fix ?? '');
    expect(await site.refusal()).toBeUndefined();
    expect(await site.doctor()).toEqual([]);
  });

  it.each(BY_TRIGGERS)('by a trigger %s is kept by a replica’s session', async (_, body) => {
    await site.prepare(trigger(body));
    await site.run((await site.refusal())?.fix ?? '', 'other');
    expect(await site.refusal()).toBeUndefined();
  });

  it('by a rule is refused', async () => {
    await site.prepare(`${DONE} CREATE RULE undo AS ON UPDATE TO blocks DO INSTEAD NOTHING`);
    expect(await site.refusal()).toMatchObject({
      code: 'SCHEMA_WRITE',
      message: expect.stringMatching(/does not keep .* a rule or a trigger undoes it/) as string,
    });
  });

  it('for one block of several is that block’s matter', async () => {
    await site.prepare(trigger(`IF NEW.block_type = 'code' THEN RETURN NULL; END IF; RETURN NEW;`));
    expect(await site.refusal()).toBeUndefined();
  });
});
