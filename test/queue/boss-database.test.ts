import { Postgres } from '../../src/postgres/postgres.js';
import { BossDatabase } from '../../src/queue/boss-database.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';

const LIMIT = `SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock`;
const OURS = { statement: '12s', lock: '3s' };
const NONE = { statement: '0', lock: '0' };

describeWithServer('pg-boss', () => {
  let postgres: Postgres;
  let database: BossDatabase;
  beforeAll(async () => {
    const { url } = await createDatabase();
    postgres = new Postgres({ url, sessionUrl: url, applicationName: 'under test', poolSize: 2 });
    database = new BossDatabase(postgres);
  });
  afterAll(() => postgres.close());

  it('runs statements with our timeouts', async () => {
    expect((await database.executeSql(LIMIT)).rows).toEqual([OURS]);
  });

  it.each([
    ['CREATE TABLE', `CREATE TABLE one AS ${LIMIT}`],
    ['a definition behind a comment', `/* pgboss-bam: 1 */\n-- and another\nCREATE TABLE one AS ${LIMIT}`],
  ])('runs %s without timeouts', async (_, statement) => {
    await database.executeSql(statement);
    expect((await database.executeSql('SELECT * FROM one')).rows).toEqual([NONE]);
    await database.executeSql('DROP TABLE one');
  });

  it('creates or migrates its schema without timeouts, and has timeouts afterwards', async () => {
    await database.withoutLimits(async () => {
      const answers = await Promise.all([database.executeSql(LIMIT), database.executeSql(LIMIT)]);
      expect(answers.map(({ rows }) => rows)).toEqual([[NONE], [NONE]]);
    });
    expect((await database.executeSql(LIMIT)).rows).toEqual([OURS]);
  });

  it('leaves no transaction open when one of its scripts fails', async () => {
    const script = 'BEGIN; SELECT 1 / 0; COMMIT';
    for (let i = 0; i < 3; i++) await expect(database.executeSql(script)).rejects.toThrow('division by zero');
    expect((await database.executeSql(LIMIT)).rows).toEqual([OURS]);
    await database.withoutLimits(async () => {
      await expect(database.executeSql(script)).rejects.toThrow('division by zero');
      expect((await database.executeSql(LIMIT)).rows).toEqual([NONE]);
    });
  });
});
