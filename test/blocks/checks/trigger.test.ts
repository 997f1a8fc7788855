import { SchemaSite } from '../../support/schema-site.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { ROWS, WITHOUT } from './api-triggers.js';

const PARTITIONED = `
  ${WITHOUT} ALTER TABLE blocks RENAME TO old;
  CREATE TABLE blocks (LIKE old INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING CONSTRAINTS) PARTITION BY LIST (block_type);
  GRANT SELECT, UPDATE (embedding, embedding_status) ON blocks TO :role;`;
const PARTITIONS = `
  CREATE TABLE "Pa ra" PARTITION OF blocks FOR VALUES IN ('paragraph');
  CREATE TABLE other PARTITION OF blocks DEFAULT PARTITION BY HASH (id);
  CREATE TABLE other_0 PARTITION OF other FOR VALUES WITH (MODULUS 2, REMAINDER 0);
  CREATE TABLE other_1 PARTITION OF other FOR VALUES WITH (MODULUS 2, REMAINDER 1);`;
const INHERITED = `
  ${WITHOUT}
  CREATE TABLE a (CHECK (block_type = 'paragraph')) INHERITS (blocks);
  CREATE TABLE b (CHECK (block_type <> 'paragraph')) INHERITS (blocks);`;

const onInsert = (table: string) =>
  `CREATE TRIGGER q BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();`;
const onUpdate = (table: string) =>
  `CREATE TRIGGER "q u" BEFORE UPDATE OF block_type, content ON ${table} FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();`;
const on = (...tables: string[]) => tables.map((table) => onInsert(table) + onUpdate(table)).join('');

describeWithServer('of a table of several tables, triggers', () => {
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
    await site.grant();
  });
  afterEach(() => site.close());

  it.each<[string, string]>([
    ['on the partitioned table', PARTITIONED + PARTITIONS + on('blocks') + ROWS],
    ['on each partition', PARTITIONED + PARTITIONS + on('"Pa ra"', 'other_0', 'other_1') + ROWS],
    ['on partitions and a partitioned partition', PARTITIONED + PARTITIONS + on('"Pa ra"', 'other') + ROWS],
    ['on a partitioned table that has no partition yet', PARTITIONED + on('blocks')],
    [
      'for statements on the partitioned table',
      `${PARTITIONED} ${PARTITIONS} ${ROWS}
       CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY embedding_queue; RETURN NULL; END $$;
       CREATE TRIGGER shout AFTER INSERT OR UPDATE OF content, block_type ON blocks EXECUTE FUNCTION shout();`,
    ],
    ['on each table that inherits', INHERITED + on('a', 'b')],
    ['on each table that inherits, and on the one they inherit from', INHERITED + on('a', 'b', 'blocks') + ROWS],
  ])('(%s) are accepted', async (_, sql) => {
    await site.prepare(sql);
    expect(await site.refusal()).toBeUndefined();
    expect(await site.doctor()).toEqual([]);
  });

  it.each<[string, string, RegExp]>([
    [
      'some partitions',
      PARTITIONED + PARTITIONS + on('other_0') + ROWS,
      /^no trigger on public\."Pa ra" and public\.other_1 notifies embedding_queue after INSERT/,
    ],
    [
      'a partition, for updates',
      PARTITIONED + PARTITIONS + on('other') + onInsert('"Pa ra"'),
      /^no trigger on public\."Pa ra" notifies embedding_queue after UPDATE/,
    ],
    [
      'a partition, where it is disabled',
      `${PARTITIONED} ${PARTITIONS} ${on('blocks')} ALTER TABLE other_1 DISABLE TRIGGER "q u"`,
      /^the trigger "q u" on public\.other_1 is disabled/,
    ],
    ['a table that inherits', INHERITED + on('a'), /^no trigger on public\.b notifies embedding_queue after INSERT/],
    [
      'the table that others inherit from, which has rows',
      INHERITED + on('a', 'b') + ROWS,
      /^no trigger on public\.blocks notifies embedding_queue after INSERT/,
    ],
  ])('(missing on %s) are told to be, with the SQL that makes them', async (_, sql, says) => {
    await site.prepare(sql);
    let refused = await site.refusal();
    expect(refused?.message).toMatch(says);
    expect(await site.doctor()).toMatchObject([{ name: 'trigger', found: refused?.message, fix: refused?.fix }]);
    await site.run(refused?.fix ?? '');
    refused = await site.refusal();
    if (refused !== undefined) expect(refused.message).toMatch(/after UPDATE/);
    await site.run(refused?.fix ?? '');
    expect(await site.refusal()).toBeUndefined();
    expect(await site.doctor()).toEqual([]);
  });

  it('(missing on all) are not made up', async () => {
    await site.prepare(PARTITIONED + PARTITIONS);
    expect(await site.refusal()).toMatchObject({
      message: expect.stringMatching(/^no trigger on public\.blocks notifies/) as string,
      fix: expect.stringContaining('migration') as string,
    });
  });
});
