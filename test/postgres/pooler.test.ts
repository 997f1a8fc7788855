import { PgBouncer } from '../../tools/crucible/testbed/pgbouncer.js';
import { Postgres } from '../../src/postgres/postgres.js';
import { sharesBackends } from '../../src/postgres/shared-backends.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithProgram } from '../support/describe-with-program.js';
import { describeWithServer } from '../support/describe-with-server.js';
import type { TestDatabase } from '../support/test-database.js';

const through = (db: TestDatabase, { port }: PgBouncer) => {
  const url = new URL(db.url);
  url.port = String(port);
  return url.href;
};

describeWithServer('a database', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createDatabase();
  });

  const isShared = async (url: string) => {
    const database = new Postgres({ url, sessionUrl: url, applicationName: 'under test', poolSize: 2 });
    try {
      return await sharesBackends(database);
    } finally {
      await database.close();
    }
  };

  it('that is reached directly does not share its sessions', async () => {
    expect(await isShared(db.url)).toBe(false);
  });

  describeWithProgram('pgbouncer', 'behind a pooler', () => {
    it.each([
      ['transaction', {}, true],
      ['transaction', { server_round_robin: 1, min_pool_size: 5 }, true],
      ['transaction', { default_pool_size: 1 }, true],
      ['session', { pool_mode: 'session' }, false],
    ])('in %s mode, with %j: its sessions are shared: %s', async (_, settings, expected) => {
      const bouncer = await PgBouncer.start(db.url, settings);
      try {
        expect(await isShared(through(db, bouncer))).toBe(expected);
      } finally {
        await bouncer.stop();
      }
    });

    describe('in transaction mode', () => {
      let bouncer: PgBouncer;
      let pooled: Postgres;
      beforeAll(async () => {
        bouncer = await PgBouncer.start(db.url, { default_pool_size: 1 });
        const url = through(db, bouncer);
        pooled = new Postgres({ url, sessionUrl: url, applicationName: 'under test', poolSize: 3 });
      });
      afterAll(async () => {
        await pooled.close();
        await bouncer.stop();
      });

      const LIMITS = `SELECT current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement,
        current_setting('client_connection_check_interval') AS check, current_setting('quote_all_identifiers') AS quote`;
      const OURS = { lock: '3s', statement: '12s', check: '2s', quote: 'off' };

      it('has timeouts in each transaction and for each statement', async () => {
        expect(await pooled.transaction((tx) => tx.query(LIMITS))).toEqual([OURS]);
        expect(await pooled.query(LIMITS)).toEqual([OURS]);
        expect((await pooled.executeSql(LIMITS)).rows).toEqual([OURS]);
      });

      it('leaves no settings behind in shared sessions', async () => {
        for (let n = 0; n < 10; n++) await pooled.query('SELECT 1');
        await (await pooled.connect({ applicationName: 'session' })).close();
        await pooled.withoutLimits(async (tx) => {
          expect(await tx.query(LIMITS)).toEqual([{ lock: '0', statement: '0', check: '0', quote: 'off' }]);
          expect(await tx.query('SELECT name FROM pg_prepared_statements')).toEqual([]);
        });
      });

      it('lets a transaction have another timeout', async () => {
        const [row] = await pooled.transaction((tx) => tx.query(LIMITS), { statementMs: 60_000 });
        expect(row).toMatchObject({ statement: '1min' });
      });

      it('runs concurrent statements and transactions', async () => {
        await pooled.executeSql('BEGIN; CREATE TABLE several (n int); INSERT INTO several VALUES (1); COMMIT');
        expect(await pooled.query('SELECT n FROM several')).toEqual([{ n: 1 }]);
      });
    });
  });
});
