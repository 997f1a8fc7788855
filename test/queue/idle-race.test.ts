import { setTimeout as sleep } from 'node:timers/promises';
import { startStandIn, type StandIn } from '../../stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { editBlock, expectEmbedded, jobsOf } from '../support/worker-blocks.js';
import { startWorker, stopWorkers, type TestWorker } from '../support/worker-in-process.js';
import { WithoutPulse } from '../support/worker-postgres.js';

/** A database that tells when a claim has been answered, and hands the answer on when it may. */
class PausingPostgres extends WithoutPulse {
  #paused: { claimed: () => void; resumed: Promise<unknown> } | undefined;

  override async query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    const rows = await super.query<Row>(text, values);
    if (/\bclaimed AS\b/.test(text) && this.#paused !== undefined) {
      this.#paused.claimed();
      await this.#paused.resumed;
    }
    return rows;
  }

  pauseAfterClaim(): { claimed: Promise<unknown>; resume: () => void } {
    const claimed = Promise.withResolvers<undefined>();
    const resumed = Promise.withResolvers<undefined>();
    this.#paused = { claimed: () => claimed.resolve(undefined), resumed: resumed.promise };
    const resume = () => {
      this.#paused = undefined;
      resumed.resolve(undefined);
    };
    return { claimed: claimed.promise, resume };
  }
}

async function bounded(promise: Promise<unknown>): Promise<void> {
  const answer = await Promise.race([promise.then(() => true), sleep(10_000, false, { ref: false })]);
  if (!answer) throw new Error('there was no claim within 10 s');
}

describeWithServer('an edit after a claim that found nothing to do, before its job is settled,', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  let worker: TestWorker;
  let database: PausingPostgres;
  beforeAll(async () => {
    db = await createDatabase();
    ollama = await startStandIn({ recordTexts: true });
    worker = await startWorker(db, ollama, {}, (options) => (database = new PausingPostgres(options)));
  });
  afterAll(async () => {
    await stopWorkers();
    await ollama.stop();
  });

  it.each([
    ['a diagram', { type: 'mermaid' }],
    ['empty', { content: '' }],
  ])('is embedded at once, where the block was %s', async (name, nothing) => {
    const id = await insertBlock(db, { content: `once ${name}` });
    await expectEmbedded(db, id, `once ${name}`);
    const { claimed, resume } = database.pauseAfterClaim();
    await editBlock(db, id, nothing);
    await bounded(claimed);
    const before = worker.events.seen.swept.length;
    await editBlock(db, id, { type: 'paragraph', content: `no longer ${name}` });
    // The edit's notification has been heard when that of a later block has led to its job.
    const later = await insertBlock(db, { content: 'later' });
    await db.untilRow(`SELECT FROM pgboss.job WHERE singleton_key = $1`, [later], () => true);
    resume();
    await expectEmbedded(db, id, `no longer ${name}`);
    expect(worker.events.seen.swept).toHaveLength(before);
    expect((await jobsOf(db, id)).filter(({ state }) => state !== 'completed')).toEqual([]);
  });
});
