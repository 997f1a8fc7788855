import { SchemaSite } from '../../support/schema-site.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { INSERT_BLOCKS, DROP_TRIGGERS } from './api-triggers.js';

const PARTITIONED = `
  ${DROP_TRIGGERS} ALTER TABLE blocks RENAME TO old;
  CREATE TABLE blocks (LIKE old INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING CONSTRAINTS) PARTITION BY LIST (block_type);
  GRANT SELECT, UPDATE (embedding, embedding_status) ON blocks TO :role;`;
const PARTITIONS = `
  CREATE TABLE "Pa ra" PARTITION OF blocks FOR VALUES IN ('paragraph');
  CREATE TABLE other PARTITION OF blocks DEFAULT PARTITION BY HASH (id);
  CREATE TABLE other_0 PARTITION OF other FOR VALUES WITH (MODULUS 2, REMAINDER 0);
  CREATE TABLE other_1 PARTITION OF other FOR VALUES WITH (MODULUS 2, REMAINDER 1);`;
const INHERITED = `
  ${DROP_TRIGGERS}
  CREATE TABLE a (CHECK (block_type = 'paragraph')) INHERITS (blocks);
  CREATE TABLE b (CHECK (block_type <> 'paragraph')) INHERITS (blocks);`;

const onInsert = (table: string) =>
  `CREATE TRIGGER q BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();`;
const onUpdate = (table: string) =>
  `CREATE TRIGGER "q u" BEFORE UPDATE OF block_type, content ON ${table} FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();`;
const on = (...tables: string[]) => tables.map((table) => onInsert(table) + onUpdate(table)).join('');

describeWithServer('on a table with partitions or inheritance, triggers', () => {
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
    await site.grant();
  });
  afterEach(() => site.close());

  it.each<[string, string]>([
    ['on the partitioned table', PARTITIONED + PARTITIONS + on('blocks') + INSERT_BLOCKS],
    ['on each partition', PARTITIONED + PARTITIONS + on('"Pa ra"', 'other_0', 'other_1') + INSERT_BLOCKS],
    ['on partitions and a partitioned partition', PARTITIONED + PARTITIONS + on('"Pa ra"', 'other') + INSERT_BLOCKS],
    ['on a partitioned table that has no partition yet', PARTITIONED + on('blocks')],
    [
      'for statements on the partitioned table',
      `${PARTITIONED} ${PARTITIONS} ${INSERT_BLOCKS}
       CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY embedding_queue; RETURN NULL; END $$;
       CREATE TRIGGER shout AFTER INSERT OR UPDATE OF content, block_type ON blocks EXECUTE FUNCTION shout();`,
    ],
    ['on each table that inherits', INHERITED + on('a', 'b')],
    ['on each table that inherits, and on their parent', INHERITED + on('a', 'b', 'blocks') + INSERT_BLOCKS],
  ])('(%s) are accepted', async (_, sql) => {
    await site.prepare(sql);
    expect(await site.startError()).toBeUndefined();
    expect(await site.doctorFindings()).toEqual([]);
  });

  it.each<[string, string, RegExp]>([
    [
      'some partitions',
      PARTITIONED + PARTITIONS + on('other_0') + INSERT_BLOCKS,
      /^no trigger on public\."Pa ra" and public\.other_1 notifies embedding_queue after INSERT/,
    ],
    [
      'a partition, for updates',
      PARTITIONED + PARTITIONS + on('other') + onInsert('"Pa ra"'),
      /^no trigger on public\."Pa ra" notifies embedding_queue after UPDATE/,
    ],
    [
      'a partition, because it is disabled',
      `${PARTITIONED} ${PARTITIONS} ${on('blocks')} ALTER TABLE other_1 DISABLE TRIGGER "q u"`,
      /^the trigger "q u" on public\.other_1 is disabled/,
    ],
    ['a table that inherits', INHERITED + on('a'), /^no trigger on public\.b notifies embedding_queue after INSERT/],
    [
      'the parent of the others, which has rows',
      INHERITED + on('a', 'b') + INSERT_BLOCKS,
      /^no trigger on public\.blocks notifies embedding_queue after INSERT/,
    ],
  ])('(missing on %s) are rejected with SQL that creates them', async (_, sql, message) => {
    await site.prepare(sql);
    let error = await site.startError();
    expect(error?.message).toMatch(message);
    expect(await site.doctorFindings()).toMatchObject([{ name: 'trigger', found: error?.message, fix: error?.fix }]);
    await site.runFix(error?.fix ?? '');
    error = await site.startError();
    if (error !== undefined) expect(error.message).toMatch(/after UPDATE/);
    await site.runFix(error?.fix ?? '');
    expect(await site.startError()).toBeUndefined();
    expect(await site.doctorFindings()).toEqual([]);
  });

  it('(missing on all) are rejected without SQL, but with a reference to the migration', async () => {
    await site.prepare(PARTITIONED + PARTITIONS);
    expect(await site.startError()).toMatchObject({
      message: expect.stringMatching(/^no trigger on public\.blocks notifies/) as string,
      fix: expect.stringContaining('migration') as string,
    });
  });
});
