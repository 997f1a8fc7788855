import type { PgBoss } from 'pg-boss';
import { Workers } from '../../src/pipeline/workers.js';
import { PRIORITY } from '../../src/queue/job.js';
import type { PausablePart } from '../../src/queue/pause.js';

const LIVE = PRIORITY.live;
/** No job has it. */
const NONE = PRIORITY.live + 1;

/** Workers of a pg-boss that registers them at once, and what those that are registered fetch: batch size × least priority. */
async function start(workerConcurrency: number, paused: readonly PausablePart[] = []) {
  const registered = new Map<string, string>();
  let count = 0;
  const boss = {
    work: (_queue: string, { batchSize, minPriority }: { batchSize: number; minPriority?: number }) => {
      const id = `worker-${++count}`;
      registered.set(id, `${batchSize}${minPriority === undefined ? '' : ` from ${minPriority}`}`);
      return Promise.resolve(id);
    },
    offWork: (_queue: string, { id }: { id?: string }) => {
      if (id === undefined) registered.clear();
      else registered.delete(id);
      return Promise.resolve();
    },
  } as unknown as PgBoss;
  const workers = new Workers({
    ...{ boss, queue: 'q', workerConcurrency, paused },
    ...{ liveBatchSize: 10, batchSize: 32, pollIntervalSeconds: 60 },
    handle: () => Promise.resolve([]),
  });
  await workers.start();
  const settled = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return [...registered.values()].sort();
  };
  return { workers, settled };
}

describe('the workers', () => {
  it('take all jobs, and some of them edits only', async () => {
    const { settled } = await start(5);
    expect(await settled()).toEqual([`10 from ${LIVE}`, '32', '32', '32', '32']);
  });

  it('take edits only while the backlog is paused, in the number that suits edits', async () => {
    const { workers, settled } = await start(3);
    workers.pause(['backlog']);
    expect(await settled()).toEqual(Array<string>(3).fill(`10 from ${LIVE}`));
    workers.pause([]);
    expect(await settled()).toEqual([`10 from ${LIVE}`, '32', '32']);
  });

  it('take nothing while all work is paused', async () => {
    const { workers, settled } = await start(2);
    workers.pause(['backlog', 'live']);
    expect(await settled()).toEqual(Array<string>(2).fill(`10 from ${NONE}`));
    workers.pause(['backlog']);
    expect(await settled()).toEqual(Array<string>(2).fill(`10 from ${LIVE}`));
  });

  it('never fetch what is paused when they start', async () => {
    const { settled } = await start(2, ['backlog']);
    expect(await settled()).toEqual(Array<string>(2).fill(`10 from ${LIVE}`));
  });

  it('use a request size that is learned during a pause after it', async () => {
    const { workers, settled } = await start(2);
    workers.pause(['backlog']);
    workers.resize(64);
    expect(await settled()).toEqual(Array<string>(2).fill(`10 from ${LIVE}`));
    workers.pause([]);
    expect(await settled()).toEqual([`10 from ${LIVE}`, '64']);
  });

  it('take edits during a pause of the backlog if there is only one of them', async () => {
    const { workers, settled } = await start(1);
    expect(await settled()).toEqual(['32']);
    workers.pause(['backlog']);
    expect(await settled()).toEqual([`10 from ${LIVE}`]);
  });
});
