import { Postgres } from '../../src/postgres/postgres.js';
import { loadConfig } from '../../src/config/config.js';
import { createBoss, startBoss } from '../../src/queue/boss.js';
import { ensureQueues } from '../../src/queue/ensure-queues.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import type { TestDatabase } from '../support/test-database.js';
import { MemoryLog } from '../support/worker-log.js';
import { createRole, grant, installPgBoss } from '../support/worker-role.js';

const OLD_PARTITION = `CREATE TABLE pgboss.queue_stats_20200101 PARTITION OF pgboss.queue_stats
  FOR VALUES FROM ('2020-01-01') TO ('2020-01-02')`;
const NEXT_PARTITION = `SELECT 'pgboss.queue_stats_' || to_char((now() AT TIME ZONE 'UTC')::date + 1, 'YYYYMMDD') AS name`;

describeWithServer("pg-boss's supervision", () => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await createDatabase();
  });

  /** One pass, as a worker whose role has this URL. @returns what it logged at level warn or error */
  const supervise = async (url: string, prepare = () => Promise.resolve()) => {
    const config = loadConfig({ PALDOCS_DATABASE_URL: url });
    const database = new Postgres({ url, sessionUrl: url, applicationName: 'under test', poolSize: 2 });
    const log = new MemoryLog();
    const boss = await createBoss(database, config, { instanceName: 'test', log, sendOnly: false });
    await startBoss(boss, config.names);
    await ensureQueues(boss, config, { update: true, signal: new AbortController().signal });
    await prepare();
    await boss.supervise();
    await boss.stop({ close: false, graceful: false });
    await database.close();
    return log.lines.filter(({ level }) => level === 'warn' || level === 'error').map(({ message }) => message);
  };
  const recorded = async () =>
    (await db.query<{ name: string }>('SELECT name FROM pgboss.queue_stats ORDER BY name')).map(({ name }) => name);
  const monitored = async () =>
    (await db.query<{ name: string }>('SELECT name FROM pgboss.queue WHERE monitor_on IS NOT NULL')).length;

  it('records history, and drops what is older than seven days', async () => {
    const logged = await supervise(db.url, async () => {
      await db.query(OLD_PARTITION);
    });
    expect(logged).toEqual([]);
    expect(await recorded()).toEqual(['embed-block', 'embed-block-failed']);
    expect(await db.query(`SELECT to_regclass('pgboss.queue_stats_20200101') AS old`)).toEqual([{ old: null }]);
  });

  it('records none for a role that does not own the tables', async () => {
    const role = await createRole(db);
    await installPgBoss(db);
    await grant(db, role, 'role-without-ownership.sql');
    expect(await supervise(role.url)).toEqual([]);
    expect(await monitored()).toBe(3);
    expect(await recorded()).toEqual([]);
    await role.drop();
  });

  it.each([
    ['cannot create the next partition', (name: string) => `ALTER TABLE ${name} RENAME TO renamed`],
    ['cannot write it', () => 'ALTER TABLE pgboss.queue_stats ADD CHECK (queued_count > 0)'],
  ])('goes on when it %s', async (_, change) => {
    const logged = await supervise(db.url, async () => {
      const [{ name } = { name: '' }] = await db.query<{ name: string }>(NEXT_PARTITION);
      await db.query(change(name));
    });
    expect(logged).toEqual(["could not record the queue's history; retrying"]);
    expect(await monitored()).toBe(2);
    const recovered = 'SELECT count(*)::int AS queues FROM pgboss.queue WHERE maintain_on IS NOT NULL';
    expect(await db.query(recovered)).toEqual([{ queues: 2 }]);
  });
});
