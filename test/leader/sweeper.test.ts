import { Sweeper } from '../../src/leader/sweeper.js';
import { untilJobs } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { ONE_PAGE, openLeaderSite, type LeaderSite } from '../support/leader-site.js';
import { insertPaged } from '../support/paged-blocks.js';
import type { TestDatabase } from '../support/test-database.js';

/** A page an hour: a pass over a few pages never ends, unless it is urgent. */
const SLOW = { ...ONE_PAGE, bytesPerSecond: 8_192 / 3_600 };

describeWithServer('the sweeper', () => {
  let db: TestDatabase;
  let site: LeaderSite;
  let sweeper: Sweeper;
  beforeEach(async () => {
    db = await createDatabase();
  });
  afterEach(async () => {
    await sweeper.stop();
    await site.close();
  });

  const start = async (queueLimit = 10_000) => {
    site = await openLeaderSite(db);
    const options = { queueLimit, intervalMs: 100, pace: SLOW, notificationsDown: () => false };
    sweeper = new Sweeper({ ...site.parts, ...options });
    sweeper.start();
  };
  /** Waits for a pass that is not urgent to read its first page. */
  const untilSlow = () =>
    site.events.until(({ seen }) => {
      const share = seen['sweep-progress'].at(-1)?.share ?? 0;
      return seen.swept.length > 0 && share > 0 && share < 1;
    });

  it('sweeps at once when it starts, and shows how far it is', async () => {
    await insertPaged(db, 1, 50);
    await start();
    await site.events.until(({ seen }) => seen.swept.length === 1);
    expect(sweeper.pass).toMatchObject({ share: null, throughIndex: false, left: 0 });
    expect(sweeper.pass.lastAt).toMatch(/^\d{4}-/);
    await untilSlow();
    expect(sweeper.pass.share).toBe(0.1);
  });

  it('gives a slow pass up when an urgent one is requested, and not an urgent one', async () => {
    await insertPaged(db, 1, 50);
    await start();
    await untilSlow();
    await insertPaged(db, 51, 51, `'pending'`);
    sweeper.request();
    await untilJobs(db, 1);
    await site.events.until(({ seen }) => seen.swept.length === 2);
    sweeper.request();
    sweeper.request();
    await site.events.until(({ seen }) => seen.swept.length === 3);
    expect(site.log.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('fills the queue when it is half empty while a pass runs', async () => {
    await insertPaged(db, 1, 50, `CASE WHEN id > 30 THEN 'pending' ELSE 'completed' END`);
    await start(8);
    await site.events.until(({ seen }) => seen.swept.length === 1);
    expect(site.events.seen.swept).toMatchObject([{ enqueued: 8, left: 12 }]);
    await untilSlow();
    await db.query(`DELETE FROM pgboss.job WHERE name = 'embed-block'`);
    await db.query(`UPDATE blocks SET embedding_status = 'completed' WHERE id > 42`);
    await site.events.until(({ seen }) => seen.filled.some(({ enqueued }) => enqueued === 8));
    expect(site.events.seen.filled.at(-1)).toEqual({ enqueued: 8, left: 4 });
    expect(sweeper.pass).toMatchObject({ share: 0.1, left: 4 });
  });
});
