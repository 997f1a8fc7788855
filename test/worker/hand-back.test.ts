import { startStandIn } from '../../tools/stand-in/stand-in.js';
import { insertBacklog } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, notify } from '../support/fixtures.js';
import { editBlock, expectEmbedded, jobsOf, untilJob, untilStatus } from '../support/worker-blocks.js';
import { ONE_WORKER } from '../support/worker-hold.js';
import { startWorker, stopWorkers } from '../support/worker-in-process.js';
import { useSite } from '../support/worker-site.js';

const LIVE = 10;

describeWithServer('an edit of a block', () => {
  const site = useSite({ environment: { ...ONE_WORKER, PALDOCS_JOB_EXPIRE_SECONDS: '10' } });

  it('keeps its priority when its active backlog job is handed back in an outage', async () => {
    const { db, ollama, worker } = site();
    ollama.faults.add({ preset: 'hang' }); // even the known-good text gets no answer
    const [id = ''] = await insertBacklog(db, 1);
    await notify(db);
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

  it('keeps its priority when its backlog job is handed back because the row is locked', async () => {
    const { db, worker } = site();
    const [id = ''] = await insertBacklog(db, 1);
    const client = await db.connect('an editor');
    try {
      await client.query('BEGIN');
      await editBlock(db, id, { content: 'edited under a lock' }, client);
      await notify(db);
      await worker.events.until((events) => events.requeued('locked') > 0);
      await client.query('COMMIT');
      await db.untilRow<{ priority: number }>(
        `SELECT priority FROM pgboss.job WHERE singleton_key = $1 ORDER BY created_on DESC LIMIT 1`,
        [id],
        ({ priority }) => priority === LIVE,
      );
    } finally {
      await client.end();
    }
    await expectEmbedded(db, id, 'edited under a lock');
  });
});

describeWithServer('an edit of a block whose backlog job is handed back at shutdown', () => {
  it('keeps its priority', async () => {
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
      await untilStatus(db, first, 'processing'); // claimed, so the lock of the edit does not make the claim hand its job back
      await editBlock(db, first, { content: 'edited at shutdown' });
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
      await expectEmbedded(db, first, 'edited at shutdown');
    } finally {
      await stopWorkers();
      await ollama.stop();
    }
  });
});

describeWithServer('an active job while all work is held', () => {
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

  it('is handed back at shutdown without a failure', async () => {
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

  it('is handed back without a failure before it expires', async () => {
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

describeWithServer('a block that fails permanently while its row is locked', () => {
  const site = useSite({ environment: { ...ONE_WORKER, PALDOCS_RETRY_LIMIT: '0' } });

  it('is superseded at once, and ends in error after the row is unlocked', async () => {
    const { db, worker } = site();
    await db.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF NEW.embedding_status = 'completed' AND NEW.content = '"refused"' THEN RAISE EXCEPTION 'refused'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER refuse BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION refuse()`);
    const client = await db.connect('a locker');
    try {
      const id = await insertBlock(db, { content: 'refused' });
      await db.untilRow(
        `SELECT FROM pgboss.job WHERE singleton_key = $1 AND state IN ('active', 'failed')`,
        [id],
        () => true,
      );
      await client.query('BEGIN');
      await client.query('SELECT FROM blocks WHERE id = $1 FOR UPDATE', [id]);
      await worker.events.until(
        (events) => events.requeued('locked') + events.requeued('superseded') + events.seen.failed.length > 0,
      );
      expect((await jobsOf(db, id))[0]?.state).not.toBe('active');
      await client.query('ROLLBACK');
      await db.untilRow<{ status: string }>(
        'SELECT embedding_status AS status FROM blocks WHERE id = $1',
        [id],
        ({ status }) => status === 'error',
      );
    } finally {
      await client.end();
    }
  });
});
