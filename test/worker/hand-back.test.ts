import { startStandIn } from '../../tools/stand-in/stand-in.js';
import { insertBacklog } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { editBlock, expectEmbedded, jobsOf, untilJob, untilStatus } from '../support/worker-blocks.js';
import { ONE_WORKER } from '../support/worker-hold.js';
import { startWorker, stopWorkers } from '../support/worker-in-process.js';
import { useSite } from '../support/worker-site.js';

const LIVE = 10;

describeWithServer('an edit of a block', () => {
  const site = useSite({ environment: { ...ONE_WORKER, PALDOCS_JOB_EXPIRE_SECONDS: '10' } });

  it('whose backlog job is active stays an edit when the job is handed back in an outage', async () => {
    const { db, ollama, worker } = site();
    ollama.faults.add({ preset: 'hang' }); // nothing is answered, not even the text that is known to be good
    const [id = ''] = await insertBacklog(db, 1);
    await db.query(`SELECT pg_notify('embedding_queue', '')`);
    await untilJob(db, id, ({ state }) => state === 'active');
    await db.query(
      `UPDATE pgboss.job SET priority = 0, data = jsonb_set(data, '{priority}', '0') WHERE singleton_key = $1`,
      [id],
    );
    await editBlock(db, id, { content: 'edited in an outage' });
    await worker.events.until((events) => events.requeued('outage') > 0);
    const live = (await jobsOf(db, id)).filter(({ state }) => state !== 'completed');
    expect(live).toMatchObject([{ data: { priority: LIVE } }]);
    ollama.faults.clear();
    await expectEmbedded(db, id, 'edited in an outage', { timeoutMs: 20_000 });
  });

  it('whose row is locked while its backlog job is handed back stays an edit', async () => {
    const { db, worker } = site();
    const [id = ''] = await insertBacklog(db, 1);
    const somebody = await db.connect('somebody who edits');
    try {
      await somebody.query('BEGIN');
      await editBlock(db, id, { content: 'edited under a lock' }, somebody);
      await db.query(`SELECT pg_notify('embedding_queue', '')`);
      await worker.events.until((events) => events.requeued('locked') > 0);
      await somebody.query('COMMIT');
      await db.untilRow<{ priority: number }>(
        `SELECT priority FROM pgboss.job WHERE singleton_key = $1 ORDER BY created_on DESC LIMIT 1`,
        [id],
        ({ priority }) => priority === LIVE,
      );
    } finally {
      await somebody.end();
    }
    await expectEmbedded(db, id, 'edited under a lock');
  });
});

describeWithServer('an edit of a block whose backlog job is handed back by a worker that ends', () => {
  it('stays an edit', async () => {
    const db = await createDatabase();
    const ollama = await startStandIn();
    try {
      const worker = await startWorker(db, ollama, ONE_WORKER);
      ollama.faults.add({ preset: 'hang', endpoint: '/api/embed' });
      const ids = await insertBacklog(db, 30);
      await db.query(`UPDATE blocks SET embedding_status = 'pending'`);
      const [first = ''] = ids;
      await db.query(
        `INSERT INTO pgboss.job (name, data, policy, singleton_key, priority)
         SELECT 'embed-block', jsonb_build_object('blockId', id::text, 'since', now(), 'priority', 0), 'exclusive', id::text, 0 FROM blocks`,
      );
      await db.query(`SELECT pg_notify('embedding_worker_wake', 'embed-block 30 0')`);
      await untilStatus(db, first, 'processing'); // claimed: the edit's lock does not have its job handed back
      await editBlock(db, first, { content: 'edited at the end' });
      await db.untilRow<{ priority: number }>(
        `SELECT priority FROM pgboss.job WHERE singleton_key = $1 AND state = 'active'`,
        [first],
        ({ priority }) => priority === LIVE,
      );
      ollama.faults.clear();
      await worker.stop();
      const live = (await jobsOf(db, first)).filter(({ state }) => state !== 'completed');
      for (const job of live) expect(job).toMatchObject({ data: { priority: LIVE } });
      await startWorker(db, ollama, ONE_WORKER);
      await expectEmbedded(db, first, 'edited at the end');
    } finally {
      await stopWorkers();
      await ollama.stop();
    }
  });
});

describeWithServer('a job in hand while all work is held', () => {
  const raise = `
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = 'disk_full'; END $$;
    CREATE TRIGGER refuse BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION refuse()`;
  const states = `SELECT state::text AS state, retry_count AS retries, output->>'reason' AS reason, count(*)::int AS count
     FROM pgboss.job WHERE name = 'embed-block' AND output->>'outcome' IS DISTINCT FROM 'stored' GROUP BY 1, 2, 3 ORDER BY 1`;

  afterEach(stopWorkers);

  async function holdWithJob(environment: Record<string, string>) {
    const db = await createDatabase();
    const ollama = await startStandIn();
    const worker = await startWorker(db, ollama, environment);
    const fault = ollama.faults.add({ preset: 'hang', endpoint: '/api/embed' });
    const id = await insertBlock(db);
    await ollama.waitFor(() => fault.hits > 0, 10_000);
    await db.query(raise);
    fault.remove();
    await worker.events.until((events) => events.seen.hold.some(({ reason }) => reason === 'DATABASE_DISK_FULL'));
    return { db, ollama, worker, id };
  }

  it('goes back at no cost when the worker ends', async () => {
    const { db, ollama, worker, id } = await holdWithJob(ONE_WORKER);
    try {
      await worker.stop();
      expect(await db.query(states)).toEqual([
        { state: 'completed', retries: 0, reason: 'shutdown', count: 1 },
        { state: 'created', retries: 0, reason: null, count: 1 },
      ]);
      await db.query('DROP TRIGGER refuse ON blocks');
      const next = await startWorker(db, ollama);
      await untilStatus(db, id, 'completed');
      expect(next.events.seen.crash).toEqual([]);
    } finally {
      await ollama.stop();
    }
  });

  it('goes back at no cost before it expires', async () => {
    const { db, ollama, worker, id } = await holdWithJob({ ...ONE_WORKER, PALDOCS_JOB_EXPIRE_SECONDS: '10' });
    try {
      await worker.events.until((events) => events.requeued('outage') > 0, 20_000);
      await db.query('DROP TRIGGER refuse ON blocks');
      await untilStatus(db, id, 'completed');
      expect(worker.events.seen.crash).toEqual([]);
    } finally {
      await ollama.stop();
    }
  });
});

describeWithServer('a block that fails for good while its row is locked', () => {
  const site = useSite({ environment: { ...ONE_WORKER, PALDOCS_RETRY_LIMIT: '0' } });

  it('is settled at once, and again when the row is free', async () => {
    const { db, worker } = site();
    await db.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF NEW.embedding_status = 'completed' AND NEW.content = '"refused"' THEN RAISE EXCEPTION 'refused'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER refuse BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION refuse()`);
    const somebody = await db.connect('somebody who locks');
    try {
      const id = await insertBlock(db, { content: 'refused' });
      // Locked from the moment at which the worker has found that it fails alone.
      await db.untilRow(
        `SELECT FROM pgboss.job WHERE singleton_key = $1 AND state IN ('active', 'failed')`,
        [id],
        () => true,
      );
      await somebody.query('BEGIN');
      await somebody.query('SELECT FROM blocks WHERE id = $1 FOR UPDATE', [id]);
      await worker.events.until(
        (events) => events.requeued('locked') + events.requeued('superseded') + events.seen.failed.length > 0,
      );
      expect((await jobsOf(db, id))[0]?.state).not.toBe('active');
      await somebody.query('ROLLBACK');
      await db.untilRow<{ status: string }>(
        'SELECT embedding_status AS status FROM blocks WHERE id = $1',
        [id],
        ({ status }) => status === 'error',
      );
    } finally {
      await somebody.end();
    }
  });
});
