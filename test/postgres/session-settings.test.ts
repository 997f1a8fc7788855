import { Postgres } from '../../src/postgres/postgres.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { RejectingProxy } from '../support/rejecting-proxy.js';
import type { TestDatabase } from '../support/test-database.js';

const SETTINGS = `SELECT current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement,
  current_setting('client_connection_check_interval') AS check`;
const open = (url: string) => new Postgres({ url, sessionUrl: url, applicationName: 'under test', poolSize: 1 });

describeWithServer('a connection', () => {
  let db: TestDatabase;
  let database: Postgres | undefined;
  beforeEach(async () => {
    db = await createDatabase();
  });
  afterEach(() => database?.close());

  it('has timeouts after which the server ends waiting statements', async () => {
    database = open(db.url);
    expect(await database.query(SETTINGS)).toEqual([{ lock: '3s', statement: '12s', check: '2s' }]);
    expect(await database.transaction((tx) => tx.query(SETTINGS))).toEqual([
      { lock: '3s', statement: '12s', check: '2s' },
    ]);
    const session = await database.connect({ applicationName: 'session' });
    expect(await session.query(SETTINGS)).toEqual([{ lock: '3s', statement: '8s', check: '2s' }]);
    await session.close();
  });

  it.each([
    ['lock_timeout', '1s', { lock: '1s' }],
    ['lock_timeout', '250ms', { lock: '250ms' }],
    ['lock_timeout', '1min', { lock: '3s' }],
    ['statement_timeout', '5s', { statement: '5s' }],
    ['statement_timeout', '1h', { statement: '12s' }],
    ['client_connection_check_interval', '500ms', { check: '500ms' }],
  ])('uses the lower timeout if the database has %s = %s', async (name, value, expected) => {
    await db.query(`ALTER DATABASE ${db.name} SET ${name} = '${value}'`);
    database = open(db.url);
    expect(await database.query(SETTINGS)).toMatchObject([expected]);
  });

  it('can have another timeout for one transaction, and none for schema changes', async () => {
    database = open(db.url);
    expect(await database.transaction((tx) => tx.query(SETTINGS), { statementMs: 60_000 })).toMatchObject([
      { statement: '1min' },
    ]);
    expect(await database.withoutLimits((one) => one.query(SETTINGS))).toMatchObject([{ lock: '0', statement: '0' }]);
    expect(await database.query(SETTINGS)).toMatchObject([{ lock: '3s', statement: '12s' }]);
  });

  it('works without the connection check if the server does not support it', async () => {
    const check = { statement: /set_config\('client_connection_check_interval'/, code: '22023' };
    const front = await RejectingProxy.start(db.url, check);
    database = open(front.url);
    expect(await database.query(SETTINGS)).toEqual([{ lock: '3s', statement: '12s', check: '0' }]);
    await database.close();
    await front.stop();
  });

  it.each([
    ['standard_conforming_strings', 'off', 'on'],
    ['quote_all_identifiers', 'on', 'off'],
    ['extra_float_digits', '-15', '1'],
    ['default_transaction_isolation', 'serializable', 'read committed'],
    ['client_encoding', 'LATIN1', 'UTF8'],
  ])('sets %s, which is %s in the database', async (name, value, ours) => {
    await db.query(`ALTER DATABASE ${db.name} SET ${name} = '${value}'`);
    database = open(db.url);
    expect(await database.query(`SELECT current_setting('${name}') AS value`)).toEqual([{ value: ours }]);
  });

  it('is kept after a statement that the server rejected or ended', async () => {
    database = open(db.url);
    const backend = async () => (await database?.query<{ pid: number }>('SELECT pg_backend_pid() AS pid'))?.[0]?.pid;
    const before = await backend();
    await db.query('CREATE TABLE t (n int)');
    const holder = await db.connect();
    await holder.query('BEGIN; LOCK TABLE t');
    await expect(database.query('SELECT 1/0')).rejects.toMatchObject({ code: '22012' });
    await expect(database.query(`SELECT set_config('lock_timeout', '50ms', false), pg_sleep(0)`)).resolves.toHaveLength(
      1,
    );
    await expect(database.query('SELECT n FROM t')).rejects.toMatchObject({ code: '55P03' });
    await holder.end();
    expect(await backend()).toBe(before);
  });
});
