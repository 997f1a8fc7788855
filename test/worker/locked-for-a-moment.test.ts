import type pg from 'pg';
import type { Queryable, Rollback, TransactionOptions } from '../../src/postgres/database.js';
import { LOCKED_ROW_PAUSES_MS } from '../../src/blocks/locked-rows.js';
import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks, notify, withoutTriggers } from '../support/fixtures.js';
import { expectEmbedded, untilJob } from '../support/worker-blocks.js';
import { hang } from '../support/worker-hold.js';
import { WatchedPostgres } from '../support/worker-postgres.js';
import { useSite } from '../support/worker-site.js';

/** What the worker was told about locked rows. */
const observed = {
  /** How often a claim, or a store, found rows locked. */
  claims: 0,
  stores: 0,
  /** Called before the worker learns of it. */
  onLocked: (): Promise<unknown> => Promise.resolve(),
};

/** The worker's database, which tells when a row was locked. */
class LockObserver extends WatchedPostgres {
  override async query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const rows = await super.query<Row>(text, values);
    if (rows.some((row) => 'outcome' in row && row.outcome === 'locked')) {
      observed.claims += 1;
      await observed.onLocked();
    }
    return rows;
  }

  override transaction<T>(work: (tx: Queryable) => Promise<T | Rollback<T>>, options?: TransactionOptions): Promise<T> {
    const watched = (tx: Queryable): Queryable => ({
      query: async <Row extends object>(text: string, values: readonly unknown[] = []) => {
        const rows = await tx.query<Row>(text, values);
        const [ids] = values;
        if (
          /^SELECT id::text AS id[^]*SKIP LOCKED$/.test(text.replaceAll('"', '')) &&
          Array.isArray(ids) &&
          rows.length < ids.length
        ) {
          observed.stores += 1;
          await observed.onLocked();
        }
        return rows;
      },
      executeSql: (text, values) => tx.executeSql(text, values),
    });
    return super.transaction((tx) => work(watched(tx)), options);
  }
}

describeWithServer('a row that another transaction holds for a moment', () => {
  const site = useSite({ openDatabase: (options) => new LockObserver(options) });
  let locker: pg.Client;
  beforeAll(async () => {
    locker = await site().db.connect('a locker');
  });
  beforeEach(() => {
    Object.assign(observed, { claims: 0, stores: 0, onLocked: () => Promise.resolve() });
  });
  afterEach(() => locker.query('ROLLBACK')); // of a test that failed
  afterAll(() => locker.end());

  const lock = async (id: string) => {
    await locker.query('BEGIN');
    await locker.query('SELECT FROM blocks WHERE id = $1 FOR UPDATE', [id]);
  };
  /** Unlocks the row when it was found locked this many times. */
  const unlockAfter = (times: number) => {
    let left = times;
    observed.onLocked = async () => {
      left -= 1;
      if (left === 0) await locker.query('COMMIT');
    };
  };
  const insertSilently = (content: string) => withoutTriggers(site().db, () => insertBlock(site().db, { content }));

  it.each([1, LOCKED_ROW_PAUSES_MS.length])(
    'is claimed at a later try, without another job: after %i',
    async (times) => {
      const { db, worker } = site();
      const id = await insertSilently(`claimed after ${times}`);
      await lock(id);
      unlockAfter(times);
      await notify(db, id);
      await expectEmbedded(db, id, `claimed after ${times}`);
      expect([observed.claims, worker.events.requeued('locked')]).toEqual([times, 0]);
    },
  );

  it.each([1, LOCKED_ROW_PAUSES_MS.length])(
    'is stored at a later try, with the same vector: after %i',
    async (times) => {
      const { db, ollama, worker } = site();
      const content = `stored after ${times}`;
      const request = hang(site(), content);
      const id = await insertBlock(db, { content });
      await request.reached();
      await lock(id);
      unlockAfter(times);
      request.release();
      await expectEmbedded(db, id, content);
      await worker.quiet();
      expect([observed.stores, worker.events.settled('superseded')]).toEqual([times, 0]);
      expect(ollama.timesEmbedded().get(DEFAULT_INSTRUCTION + content)).toBe(1);
    },
  );

  it('delays its job when it stays locked, after as many tries', async () => {
    const { db, worker } = site();
    const id = await insertSilently('locked for longer');
    await lock(id);
    await notify(db, id);
    await worker.events.until((events) => events.requeued('locked') === 1);
    expect(observed.claims).toBe(1 + LOCKED_ROW_PAUSES_MS.length);
    await locker.query('COMMIT');
    await expectEmbedded(db, id, 'locked for longer');
  });

  it('does not delay the others of its batch: they are stored while it is tried again', async () => {
    const { db, worker } = site();
    const [first = '', ...others] = await withoutTriggers(db, () =>
      insertBlocks(db, 5, { content: (index) => `together ${index}` }),
    );
    await lock(first);
    // The next try waits until the others are stored.
    let tries = 0;
    observed.onLocked = async () => {
      tries += 1;
      if (tries === 2) await worker.events.until((events) => events.settled('completed') >= others.length);
      if (tries === 2) await locker.query('COMMIT');
    };
    await db.query(`SELECT pg_notify('embedding_queue', id) FROM unnest($1::text[]) id`, [[first, ...others]]);
    await expectEmbedded(db, first, 'together 0');
    for (const [index, id] of others.entries()) await expectEmbedded(db, id, `together ${index + 1}`);
    expect(worker.events.requeued('locked')).toBe(0);
  });

  it('is found unlocked by one job only', async () => {
    const { db } = site();
    const id = await insertSilently('one job');
    await lock(id);
    unlockAfter(2);
    await notify(db, id);
    await untilJob(db, id, ({ state, output }) => state === 'completed' && output?.['outcome'] === 'stored');
    const jobs = await db.query(`SELECT count(*)::int AS n FROM pgboss.job WHERE singleton_key = $1`, [id]);
    expect(jobs).toEqual([{ n: 1 }]);
  });
});
