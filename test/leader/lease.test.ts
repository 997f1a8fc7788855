import { Lease } from '../../src/leader/lease.js';
import { Postgres } from '../../src/postgres/postgres.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import type { TestDatabase } from '../support/test-database.js';
import { WorkerEvents } from '../support/worker-events.js';
import { MemoryLog } from '../support/worker-log.js';

/** What another process sees of the leader's session. */
const LAST_STATEMENT = `SELECT query FROM pg_stat_activity
 WHERE datname = current_database() AND application_name LIKE 'leader %'`;

interface Replica {
  readonly name: string;
  readonly events: WorkerEvents;
  readonly lease: Lease;
  readonly calls: string[];
  stop(): Promise<void>;
}

describeWithServer('of the replicas', () => {
  let db: TestDatabase;
  const replicas: Replica[] = [];
  beforeAll(async () => {
    db = await createDatabase();
  });
  afterEach(async () => {
    await Promise.all(replicas.splice(0).map((replica) => replica.stop()));
  });

  async function start(name: string, lockName = 'lock', onAcquired?: () => Promise<void>): Promise<Replica> {
    const database = new Postgres({ url: db.url, sessionUrl: db.url, applicationName: name, poolSize: 1 });
    const events = new WorkerEvents();
    const calls: string[] = [];
    const connected = Promise.withResolvers<undefined>();
    const call = (what: string) => () => {
      calls.push(what);
      return Promise.resolve();
    };
    const lease = new Lease({
      database,
      lockName,
      applicationName: (role) => `${role} ${name}`,
      onConnected: () => {
        connected.resolve(undefined);
        return call('connected')();
      },
      onAcquired: async () => {
        calls.push('elected');
        await onAcquired?.();
      },
      leaderComment: () => ` /* ${name} */`,
      onLost: call('deposed'),
      onDisconnected: () => undefined,
      events: events.emitter,
      log: new MemoryLog(),
    });
    await lease.start();
    await connected.promise;
    const stop = async () => {
      await lease.stop();
      await database.close();
    };
    const replica = { name, events, lease, calls, stop };
    replicas.push(replica);
    return replica;
  }

  const leads = ({ events }: Replica) => events.seen.leading.at(-1)?.leader === true;
  const sessions = async () =>
    (
      await db.query<{ name: string }>(
        `SELECT application_name AS name FROM pg_stat_activity
          WHERE datname = current_database() AND application_name ~ '^(leader|follower) ' ORDER BY 1`,
      )
    ).map(({ name }) => name);

  /** Waits until a follower has asked for the lock, later than at the given time. @returns when that was */
  async function lockTried(name: string, later = ''): Promise<string> {
    const { at } = await db.untilRow<{ at: string }>(
      `SELECT query_start::text AS at FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = $1 AND query LIKE '%pg_try_advisory_lock%'`,
      [`follower ${name}`],
      (row) => row.at > later,
    );
    return at;
  }

  it('one leads, and the server knows which', async () => {
    const first = await start('a');
    await first.events.until(() => leads(first));
    const second = await start('b');
    const tried = await lockTried('b');
    await lockTried('b', tried); // so the first try was in vain
    expect(leads(second)).toBe(false);
    expect(await sessions()).toEqual(['follower b', 'leader a']);
    expect(first.calls).toEqual(['connected', 'elected']);
    expect(second.calls).toEqual(['connected']);
  });

  it('another leads when the leader stops', async () => {
    const first = await start('a');
    await first.events.until(() => leads(first));
    const second = await start('b');
    await first.lease.stop();
    expect(first.calls).toEqual(['connected', 'elected', 'deposed']);
    await second.events.until(() => leads(second));
    expect(second.calls).toEqual(['connected', 'elected']);
  });

  it('one leads again when its session was lost', async () => {
    const first = await start('a');
    await first.events.until(() => leads(first));
    await db.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'leader a' AND datname = current_database()`,
    );
    await first.events.until(({ seen }) => seen.leading.length === 3);
    expect(first.events.seen.leading.map(({ leader }) => leader)).toEqual([true, false, true]);
    expect(first.calls).toEqual(['connected', 'elected', 'deposed', 'connected', 'elected']);
  });

  it('a session that opens and then fails is opened anew ever more rarely', async () => {
    const at: number[] = [];
    const replica = await start('a', 'lock', () => {
      at.push(performance.now());
      return Promise.reject(new Error('LISTEN is refused'));
    });
    await replica.events.until(() => at.length >= 5);
    const pauses = at.slice(1).map((time, n) => time - (at[n] ?? 0));
    // 2 x 100 ms after the first failure, twice as long after each further one, less half of it at most.
    pauses.forEach((ms, n) => {
      expect(ms).toBeGreaterThanOrEqual(100 * 2 ** n - 5);
    });
  });

  it('each leads its own where they share nothing', async () => {
    const first = await start('a', 'one lock');
    const second = await start('b', 'another lock');
    await first.events.until(() => leads(first));
    await second.events.until(() => leads(second));
    expect(await sessions()).toEqual(['leader a', 'leader b']);
  });

  it('the leader proves that it lives, by statements with its comment', async () => {
    const first = await start('a');
    await first.events.until(() => leads(first));
    const [row] = await db.query<{ query: string }>(LAST_STATEMENT);
    expect(row?.query).toMatch(/\/\* a \*\/$/);
    const { query } = await db.untilRow<{ query: string }>(LAST_STATEMENT, [], ({ query }) =>
      query.startsWith('SELECT 1'),
    );
    expect(query).toBe('SELECT 1 /* a */');
  });
});
