import { groupedClaims } from '../../src/pipeline/groups.js';
import type { VerdictOf } from '../../src/pipeline/outcome.js';
import type { SettleContext } from '../../src/pipeline/pipeline.js';
import { settle } from '../../src/pipeline/settle.js';
import { TextBudget } from '../../src/pipeline/text-budget.js';
import { PRIORITY, type EmbedJob, type EmbedJobData } from '../../src/queue/job.js';
import { newJob } from '../../src/queue/new-job.js';
import { insertBacklog } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { openQueueSite, type QueueSite } from '../support/queue-site.js';
import type { TestDatabase } from '../support/test-database.js';

describeWithServer('a process that holds two attempts of one job, since the first one expired', () => {
  let db: TestDatabase;
  let site: QueueSite;
  let context: SettleContext;
  beforeAll(async () => {
    db = await createDatabase();
    site = await openQueueSite(db.url);
    context = { ...site, retryLimit: 5 };
  });
  afterAll(() => site.close());

  async function fetchOne(): Promise<EmbedJob> {
    const [job] = await site.boss.fetch<EmbedJobData>('embed-block', { includeMetadata: true });
    if (job === undefined) throw new Error('no job is ready');
    return job;
  }

  async function twoAttempts(): Promise<readonly [first: EmbedJob, second: EmbedJob]> {
    const [id = ''] = await insertBacklog(db, 1);
    await context.queue.insert(site.database, [newJob(id, PRIORITY.backlog, new Date())]);
    const first = await fetchOne();
    await db.query(`UPDATE pgboss.job SET state = 'retry' WHERE id = $1`, [first.id]);
    return [first, await fetchOne()];
  }

  it('learns once for each that their block is gone, though it claims both in one statement', async () => {
    const [first, second] = await twoAttempts();
    const [other = ''] = await insertBacklog(db, 1);
    const { blockId } = first.data;
    await db.query('DELETE FROM blocks WHERE id = $1', [blockId]);
    const claims = groupedClaims({ ...context, budget: new TextBudget(1_000_000, 3) });
    // The first claim is sent alone; those that arrive meanwhile are sent together.
    const ids = [other, first.data.blockId, second.data.blockId];
    const [, ...ofBoth] = await Promise.all(ids.map((id) => claims.run([id])));
    expect(ofBoth.map(({ gone }) => gone)).toEqual([[blockId], [blockId]]);
  });

  it.each([
    ['first', (attempts: readonly EmbedJob[]) => attempts],
    ['last', (attempts: readonly EmbedJob[]) => attempts.toReversed()],
  ])('settles only the current one, also in a transaction with the expired one %s', async (_, order) => {
    const [expired, current] = await twoAttempts();
    const handBack = (job: EmbedJob): VerdictOf<'hand-back'> => ({
      ...{ kind: 'hand-back', job, reason: 'outage', delaySeconds: 0, claimed: false },
    });
    const { outcomes, inserted } = await settle(context, order([expired, current]).map(handBack), 'leave');
    expect(outcomes.get(expired)).toEqual({ kind: 'lost' });
    expect(outcomes.get(current)).toEqual({ kind: 'handed-back', reason: 'outage' });
    expect(inserted).toMatchObject([{ data: { blockId: current.data.blockId, crashes: 1 } }]);
    await db.query('DELETE FROM pgboss.job');
  });
});
