import { Rollback } from '../../src/postgres/database.js';
import { Postgres } from '../../src/postgres/postgres.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import type { TestDatabase } from '../support/test-database.js';

describeWithServer('the database', () => {
  let db: TestDatabase;
  let postgres: Postgres;
  beforeAll(async () => {
    db = await createDatabase();
    await db.query('CREATE TABLE t (n int PRIMARY KEY)');
    postgres = new Postgres({ url: db.url, sessionUrl: db.url, applicationName: 'under test', poolSize: 2 });
    postgres.on('error', () => undefined);
  });
  beforeEach(() => db.query('TRUNCATE t'));
  afterAll(() => postgres.close());

  const numbers = async () => (await db.query<{ n: number }>('SELECT n FROM t ORDER BY n')).map(({ n }) => n);

  it('commits a transaction that resolves, and returns its result', async () => {
    const result = await postgres.transaction(async (tx) => {
      await tx.query('INSERT INTO t VALUES ($1)', [1]);
      return 'done';
    });
    expect(result).toBe('done');
    expect(await numbers()).toEqual([1]);
  });

  it('rolls back a transaction that rejects, and passes its error on', async () => {
    const work = postgres.transaction(async (tx) => {
      await tx.query('INSERT INTO t VALUES (1)');
      throw new Error('changed my mind');
    });
    await expect(work).rejects.toThrow('changed my mind');
    expect(await numbers()).toEqual([]);
  });

  it('rolls back a transaction whose work returns a Rollback, and resolves with its result', async () => {
    const result = await postgres.transaction<string>(async (tx) => {
      await tx.query('INSERT INTO t VALUES (1)');
      return new Rollback('not wanted');
    });
    expect(result).toBe('not wanted');
    expect(await numbers()).toEqual([]);
    await postgres.query('INSERT INTO t VALUES (2)'); // on the same connection, after the transaction has ended
    expect(await numbers()).toEqual([2]);
  });

  it('rolls back a transaction with a statement that fails', async () => {
    const work = postgres.transaction(async (tx) => {
      await tx.query('INSERT INTO t VALUES (1)');
      await tx.query('INSERT INTO t VALUES (1)');
    });
    await expect(work).rejects.toMatchObject({ code: '23505' });
    expect(await numbers()).toEqual([]);
  });

  it('uses other connections after one was lost in a transaction', async () => {
    const work = postgres.transaction(async (tx) => {
      await tx.query('INSERT INTO t VALUES (1)');
      const [row] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await db.query('SELECT pg_terminate_backend($1)', [row?.pid]);
      await tx.query('INSERT INTO t VALUES (2)');
    });
    await expect(work).rejects.toThrow();
    await Promise.all([1, 2, 3].map((n) => postgres.query('INSERT INTO t VALUES ($1)', [n])));
    expect(await numbers()).toEqual([1, 2, 3]);
  });

  it('recognises its own backends and no others', async () => {
    const [own] = await postgres.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const [other] = await db.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    expect(postgres.ownsBackend(own?.pid ?? 0)).toBe(true);
    expect(postgres.ownsBackend(other?.pid ?? 0)).toBe(false);
  });

  const prepared = async (database: Postgres) => {
    for (let n = 0; n < 10; n++) await database.transaction((tx) => tx.query('SELECT $1::int AS n', [n]));
    const [row] = await database.transaction((tx) =>
      tx.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_prepared_statements WHERE statement = 'SELECT $1::int AS n'`,
      ),
    );
    return row?.n;
  };

  it('prepares repeated statements', async () => {
    const direct = new Postgres({ url: db.url, sessionUrl: db.url, applicationName: 'direct', poolSize: 1 });
    expect(await prepared(direct)).toBe(1);
    await direct.close();
  });

  it('prepares nothing if sessions use another URL, because the first goes through a pooler', async () => {
    const sessionUrl = db.url.replace('127.0.0.1', 'localhost');
    const pooled = new Postgres({ url: db.url, sessionUrl, applicationName: 'pooled', poolSize: 1 });
    expect(await prepared(pooled)).toBe(0);
    await pooled.close();
  });

  it('can be closed twice', async () => {
    const other = new Postgres({ url: db.url, sessionUrl: db.url, applicationName: 'closed', poolSize: 1 });
    await other.query('SELECT 1');
    await other.close();
    await other.close();
  });
});

describeWithServer('a session', () => {
  let db: TestDatabase;
  let postgres: Postgres;
  beforeAll(async () => {
    db = await createDatabase();
    postgres = new Postgres({ url: db.url, sessionUrl: db.url, applicationName: 'under test', poolSize: 1 });
  });
  afterAll(() => postgres.close());

  const open = (idleTimeoutSeconds = 60) => postgres.connect({ applicationName: 'session', idleTimeoutSeconds });

  it('receives notifications on its channel, with payload and sender', async () => {
    const session = await open();
    const heard = Promise.withResolvers<{ payload: string; processId: number }>();
    await session.listen('embedding_queue', heard.resolve);
    const sender = await db.connect();
    const { rows } = await sender.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await sender.query(`NOTIFY other, 'not this'; NOTIFY embedding_queue, 'this'`);
    expect(await heard.promise).toEqual({ payload: 'this', processId: rows[0]?.pid });
    await sender.end();
    await session.close();
  });

  it('quotes its channel', async () => {
    const session = await open();
    await session.listen('odd"; DROP TABLE blocks; --', () => undefined);
    expect(await db.query(`SELECT to_regclass('blocks') IS NOT NULL AS there`)).toEqual([{ there: true }]);
    await session.close();
  });

  it('reports when it is lost', async () => {
    const session = await open();
    const [row] = await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await db.query('SELECT pg_terminate_backend($1)', [row?.pid]);
    expect(await session.lost).toBeInstanceOf(Error);
    await session.close();
  });

  it('is ended by the server when it is idle for too long', async () => {
    const session = await open(1);
    expect(String(await session.lost)).toMatch(/idle-session timeout|terminat/);
    await session.close();
  });

  it('does not report a loss when it is closed', async () => {
    const session = await open();
    let lost = false;
    void session.lost.then(() => (lost = true));
    await session.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(lost).toBe(false);
  });
});
