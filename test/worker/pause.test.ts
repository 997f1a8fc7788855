import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { askForSweep } from '../support/ask-for-sweep.js';
import { countJobs, insertBacklog } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { pauseWork, resumeWork } from '../support/pause.js';
import type { TestDatabase } from '../support/test-database.js';
import { countByStatus, editBlock, expectEmbedded, jobsOf, untilIdle, untilJob } from '../support/worker-blocks.js';
import { get, readMetric } from '../support/worker-http.js';
import { startFollower, startWorker, stopWorkers, type TestWorker } from '../support/worker-in-process.js';

/** Resolves once the worker has noticed a pause of these parts; none: the end of a pause. */
async function untilPaused(worker: TestWorker, ...parts: ('backlog' | 'live')[]): Promise<void> {
  await worker.events.until(({ seen }) => seen.pause.at(-1)?.parts.join() === parts.join());
}

describeWithServer('a pause', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  beforeEach(async () => {
    db = await createDatabase();
    ollama = await startStandIn({ recordTexts: true });
  });
  afterEach(async () => {
    ollama.faults.clear();
    await stopWorkers();
    await ollama.stop();
    await db.drop();
  });

  const start = (environment = {}) => startWorker(db, ollama, environment);

  /** Inserts blocks of which nobody is notified, and waits until a sweep, of whichever replica leads then, has enqueued them. */
  async function enqueueBacklog(count: number): Promise<string[]> {
    const ids = await insertBacklog(db, count);
    await askForSweep(db);
    await db.untilRow<{ jobs: number }>(
      `SELECT count(*)::int AS jobs FROM pgboss.job WHERE name = 'embed-block' AND singleton_key = ANY ($1)`,
      [ids],
      ({ jobs }) => jobs === count,
    );
    return ids;
  }

  /** Edits, one after the other, so that every worker has had time to fetch. */
  async function embedEdits(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      await expectEmbedded(db, await insertBlock(db, { content: `edit ${i}` }), `edit ${i}`);
    }
  }

  /** Nothing was fetched: no attempt was counted, and no block was claimed. */
  async function expectUntouched(ids: readonly string[]): Promise<void> {
    const [touched] = await db.query(
      `SELECT count(*)::int AS count FROM pgboss.job
        WHERE name = 'embed-block' AND singleton_key = ANY ($1) AND (state <> 'created' OR retry_count > 0 OR started_on IS NOT NULL)`,
      [ids],
    );
    expect(touched).toEqual({ count: 0 });
    expect(await countByStatus(db)).toMatchObject({ pending: ids.length });
  }

  it.each(['1', '10'])('of the backlog leaves it untouched and edits flowing, with %s workers', async (workers) => {
    const worker = await start({ PALDOCS_WORKER_CONCURRENCY: workers });
    await pauseWork(db, ['backlog']);
    await untilPaused(worker, 'backlog');
    const backlog = await enqueueBacklog(40);
    await embedEdits(5);
    await expectUntouched(backlog);

    await resumeWork(db);
    await untilPaused(worker);
    await untilIdle(db);
    expect(await countJobs(db)).toEqual({ 'completed/stored': 45 });
    expect(Math.max(...ollama.timesEmbedded().values())).toBe(1);
    expect(worker.events.seen.requeued).toEqual([]);
    expect(worker.events.seen.crash).toEqual([]);
  });

  it('of the backlog does not hold back an edit of a block that waits in it', async () => {
    const worker = await start();
    await pauseWork(db, ['backlog']);
    await untilPaused(worker, 'backlog');
    const [first = '', ...others] = await enqueueBacklog(5);
    await editBlock(db, first, { content: 'edited' });
    await expectEmbedded(db, first, 'edited');
    await expectUntouched(others);
  });

  it('lets jobs in progress finish', async () => {
    const hang = ollama.faults.add({ preset: 'hang', endpoint: '/api/embed', count: 1 });
    const ids = await insertBacklog(db, 30);
    const worker = await startFollower(db, ollama, { PALDOCS_WORKER_CONCURRENCY: '1' });
    await ollama.waitFor(({ stats }) => stats.hanging === 1);
    await pauseWork(db, ['backlog', 'live']);
    await untilPaused(worker, 'backlog', 'live');
    hang.remove();
    await worker.events.until((events) => events.settled('completed') === 10);
    expect(await countByStatus(db)).toEqual({ completed: 10, pending: 20 });
    expect(await countJobs(db)).toEqual({ 'completed/stored': 10, created: 20 });
    await resumeWork(db);
    await untilIdle(db);
    expect(await countByStatus(db)).toEqual({ completed: ids.length });
    expect(Math.max(...ollama.timesEmbedded().values())).toBe(1);
  });

  it('of all work makes edits wait, too', async () => {
    const worker = await start();
    await pauseWork(db, ['backlog', 'live']);
    await untilPaused(worker, 'backlog', 'live');
    const edit = await insertBlock(db, { content: 'edit' });
    await untilJob(db, edit, ({ state }) => state === 'created');
    const backlog = await enqueueBacklog(10);
    await expectUntouched([...backlog, edit]);
    expect(ollama.timesEmbedded().size).toBe(0);

    await resumeWork(db);
    await expectEmbedded(db, edit, 'edit');
    await untilIdle(db);
    expect(await jobsOf(db, edit)).toMatchObject([{ state: 'completed', retryCount: 0 }]);
  });

  it('is replaced by another one', async () => {
    const worker = await start();
    await pauseWork(db, ['backlog', 'live']);
    await untilPaused(worker, 'backlog', 'live');
    const edit = await insertBlock(db, { content: 'edit' });
    await pauseWork(db, ['backlog']);
    await expectEmbedded(db, edit, 'edit');
    expect(await countJobs(db, 'embed-block-pause')).toEqual({ created: 1 });
  });

  it('ends by itself when its time is over', async () => {
    const worker = await start();
    await pauseWork(db, ['backlog', 'live'], 4);
    await untilPaused(worker, 'backlog', 'live');
    const edit = await insertBlock(db, { content: 'edit' });
    await untilJob(db, edit, ({ state }) => state === 'created');
    await expectEmbedded(db, edit, 'edit');
    expect(worker.events.seen.pause.at(-1)).toEqual({ parts: [] });
    expect(worker.log.lines.map(({ message }) => message)).toContain('the pause is over; work continues');
  });

  it('applies to a worker that starts later, from its first fetch on', async () => {
    await start();
    await pauseWork(db, ['backlog']);
    await stopWorkers();
    const backlog = await insertBacklog(db, 40);
    const worker = await start();
    expect(worker.events.seen.pause).toEqual([{ parts: ['backlog'] }]);
    await embedEdits(3);
    await expectUntouched(backlog);
  });

  it('applies to every replica of the queue, and to no other queue', async () => {
    const first = await start();
    const second = await startFollower(db, ollama);
    await pauseWork(db, ['backlog', 'live'], null, { PALDOCS_QUEUE: 'another' });
    await pauseWork(db, ['backlog']);
    await Promise.all([untilPaused(first, 'backlog'), untilPaused(second, 'backlog')]);
    const backlog = await enqueueBacklog(40);
    await embedEdits(5);
    await expectUntouched(backlog);
    await resumeWork(db);
    await Promise.all([untilPaused(first), untilPaused(second)]);
    await untilIdle(db);
  });

  it('is shown by the metric, by /readyz and in the log', async () => {
    const worker = await start();
    await pauseWork(db, ['backlog'], 3_600);
    await untilPaused(worker, 'backlog');
    expect(await readMetric(worker.url, 'embedding_paused{part="backlog",reason="requested"}')).toBe(1);
    expect(await readMetric(worker.url, 'embedding_paused{part="live",reason="requested"}')).toBeUndefined();
    expect(await get(`${worker.url}/readyz`)).toMatchObject({
      status: 200,
      json: {
        ok: true,
        parts: {
          pause: { ok: true, reason: 'requested', detail: expect.stringMatching(/^the backlog is paused/) as string },
        },
      },
    });
    const message = 'work is paused by request; to end the pause: embedding-worker resume';
    expect(worker.log.lines.filter((line) => line.message === message)).toMatchObject([
      { level: 'warn', fields: { parts: ['backlog'] } },
    ]);
    await resumeWork(db);
    await untilPaused(worker);
    expect(await readMetric(worker.url, 'embedding_paused{part="backlog",reason="requested"}')).toBeUndefined();
  });

  it('does not keep a worker from stopping, and leaves what waits where it is', async () => {
    const worker = await start();
    await pauseWork(db, ['backlog', 'live']);
    await untilPaused(worker, 'backlog', 'live');
    const edit = await insertBlock(db, { content: 'edit' });
    await untilJob(db, edit, ({ state }) => state === 'created');
    await worker.stop();
    await expectUntouched([edit]);
    expect(worker.events.seen.requeued).toEqual([]);
  });
});
