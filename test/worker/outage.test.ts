import type { FaultPresetName } from '../../tools/stand-in/fault-presets.js';
import { startStandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks } from '../support/fixtures.js';
import { countByStatus, expectEmbedded, jobsOf, readBlock, untilIdle } from '../support/worker-blocks.js';
import { startWorker, stopWorkers } from '../support/worker-in-process.js';
import { useSite } from '../support/worker-site.js';

/** Faults of the environment or the configuration. No block may fail because of them, even without retries. */
const OUTAGES: FaultPresetName[] = [
  'refuse',
  'busy',
  'server-error',
  'load-failed',
  'gateway-timeout',
  'request-timeout',
  'crash-eof',
  'drop-after-reading',
  'no-model',
  'unauthorized',
  'not-found',
  'garbage',
  'truncated-json',
  'too-few-vectors',
];

describeWithServer('an outage of Ollama', () => {
  const site = useSite({ environment: { PALDOCS_RETRY_LIMIT: '0' } });

  it.each(OUTAGES)('with "%s" holds its blocks, which are embedded afterwards', async (preset) => {
    const { db, ollama, worker } = site();
    ollama.faults.add(preset);
    const id = await insertBlock(db, { content: preset });
    await worker.events.until(({ seen }) => seen.gate.length > 0);
    expect(worker.events.seen.gate).toEqual([{ open: false }]);
    expect(await readBlock(db, id)).toEqual({ status: 'processing', vector: null });
    ollama.faults.clear();
    await expectEmbedded(db, id, preset);
    expect(worker.events.seen.failed).toEqual([]);
    expect((await jobsOf(db, id)).map(({ state, retryCount }) => [state, retryCount])).toEqual([['completed', 0]]);
  });

  it('that comes and goes costs no block a failure', async () => {
    const { db, ollama, worker } = site();
    await db.query('DELETE FROM blocks');
    ollama.faults.add({ preset: 'busy', probability: 0.3 });
    ollama.faults.add({ preset: 'crash-eof', probability: 0.2 });
    await insertBlocks(db, 200);
    await untilIdle(db);
    expect(await countByStatus(db)).toEqual({ completed: 200 });
    expect(worker.events.seen.failed).toEqual([]);
  });
});

describeWithServer('an outage that lasts longer than a job may be held', () => {
  const site = useSite({ environment: { PALDOCS_RETRY_LIMIT: '0', PALDOCS_JOB_EXPIRE_SECONDS: '10' } });

  it('hands the job back without a failure, and its block is embedded afterwards', async () => {
    const { db, ollama, worker } = site();
    ollama.faults.add('refuse');
    const id = await insertBlock(db, { content: 'handed back' });
    await worker.events.until((events) => events.requeued('outage') > 0);
    const jobs = await jobsOf(db, id);
    expect(jobs[0]).toMatchObject({ state: 'completed', output: { outcome: 'handed-back', reason: 'outage' } });
    expect(jobs.some(({ data }) => 'failures' in data)).toBe(false);
    ollama.faults.clear();
    await expectEmbedded(db, id, 'handed back');
    expect(worker.events.seen.failed).toEqual([]);
  });
});

describeWithServer('a worker that starts', () => {
  it.each(['refuse', 'no-model', 'busy'] as const)(
    'while Ollama fails with "%s" waits until it recovers',
    async (preset) => {
      const db = await createDatabase();
      const ollama = await startStandIn({ recordTexts: true });
      const id = await insertBlock(db, { content: 'early' });
      ollama.faults.add({ preset, endpoint: '/api/show' });
      ollama.faults.add(preset);
      try {
        const worker = await startWorker(db, ollama);
        await worker.events.until(({ seen }) => seen.gate.length > 0);
        expect(worker.log.format('error')).toEqual([]);
        ollama.faults.clear();
        await expectEmbedded(db, id, 'early');
      } finally {
        ollama.faults.clear();
        await stopWorkers();
        await ollama.stop();
      }
    },
  );
});
