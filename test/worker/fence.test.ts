import { askForSweep } from '../support/ask-for-sweep.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { expectEmbedded, jobsOf, readBlock } from '../support/worker-blocks.js';
import { hang, hangBetweenFailures, ONE_WORKER } from '../support/worker-hold.js';
import { WithoutMaintenance } from '../support/worker-postgres.js';
import { useSite } from '../support/worker-site.js';

describeWithServer('a worker that stopped responding while its job was taken over', () => {
  const site = useSite({ environment: ONE_WORKER, openDatabase: (options) => new WithoutMaintenance(options) });

  /** Takes a job over while its request is in flight, lets the request finish, and waits until the worker has settled it. */
  async function settleAfter(text: string, takeOver: string): Promise<string> {
    const { db } = site();
    const request = hang(site(), text);
    const id = await insertBlock(db, { content: text });
    await request.reached();
    await db.query(`${takeOver} WHERE name = 'embed-block' AND singleton_key = $1 AND state = 'active'`, [id]);
    request.release();
    // The only worker fetches the next block after this one.
    const next = await insertBlock(db, { content: `after ${text}` });
    await expectEmbedded(db, next, `after ${text}`);
    return id;
  }

  it.each([
    ['another worker has claimed it', 'UPDATE pgboss.job SET retry_count = retry_count + 1', 'active'],
    ['another worker has completed it', `UPDATE pgboss.job SET state = 'completed', completed_on = now()`, 'completed'],
    [
      'the supervisor has failed it permanently',
      `UPDATE pgboss.job SET state = 'failed', completed_on = now()`,
      'failed',
    ],
    ['it waits in retry', `UPDATE pgboss.job SET state = 'retry', start_after = now() + interval '1 hour'`, 'retry'],
  ])('writes nothing if %s', async (name, takeOver, state) => {
    const { db, worker } = site();
    const id = await settleAfter(name, takeOver);
    expect(await readBlock(db, id)).toEqual({ status: 'processing', vector: null });
    expect((await jobsOf(db, id)).map((job) => job.state)).toEqual([state]);
    await worker.events.until((events) => events.settled('completed') > 0);
    expect(worker.events.settled('completed')).toBe(1);
    expect(worker.events.seen.failed).toEqual([]);
  });

  it('writes nothing if the job is gone', async () => {
    const { db } = site();
    const id = await settleAfter('the job is gone', 'DELETE FROM pgboss.job');
    expect(await readBlock(db, id)).toEqual({ status: 'processing', vector: null });
    expect(await jobsOf(db, id)).toEqual([]);
  });

  it('records no failure', async () => {
    const { db, ollama, worker } = site();
    ollama.faults.add({ preset: 'poison', text: 'poison' });
    const failing = hangBetweenFailures(site());
    const id = await insertBlock(db, { content: 'poison' });
    await failing.reached();
    await db.query('UPDATE pgboss.job SET retry_count = retry_count + 1 WHERE singleton_key = $1', [id]);
    failing.release();
    const next = await insertBlock(db, { content: 'healthy' });
    await expectEmbedded(db, next, 'healthy');
    expect(await jobsOf(db, id)).toMatchObject([{ state: 'active', retryCount: 1 }]);
    expect(await readBlock(db, id)).toEqual({ status: 'processing', vector: null });
    expect(worker.events.seen.failed).toEqual([]);
  });

  it('leaves the block to the sweep, which enqueues it again', async () => {
    const { db } = site();
    const id = await settleAfter('lost and found', `UPDATE pgboss.job SET state = 'failed', completed_on = now()`);
    await askForSweep(db);
    await expectEmbedded(db, id, 'lost and found');
  });
});
