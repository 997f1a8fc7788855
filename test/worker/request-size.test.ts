import { countJobs, insertBacklog } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { countByStatus, expectEmbedded, untilIdle } from '../support/worker-blocks.js';
import { readMetric } from '../support/worker-http.js';
import { startWorker, stopWorkers } from '../support/worker-in-process.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { readReplicas } from '../../src/leader/replicas.js';
import type { Queryable } from '../../src/postgres/database.js';

const TIMEOUT_MS = 60_000;
const BLOCKS = 3_000;

describeWithServer('a backlog on a server with a high fixed cost per request', () => {
  let ollama: StandIn;
  beforeAll(async () => {
    ollama = await startStandIn({ requestMs: 20, textMs: 0.5, logSize: 10_000 });
  });
  beforeEach(() => {
    ollama.forgetRequests();
  });
  afterEach(stopWorkers);
  afterAll(() => ollama.stop());

  const sizes = () => ollama.requests.map(({ texts }) => texts).filter((texts) => texts > 0);
  const largest = () => Math.max(...sizes());

  it(
    'is embedded in larger and larger requests, and every job is processed once',
    async () => {
      const db = await createDatabase();
      await insertBacklog(db, BLOCKS);
      const worker = await startWorker(db, ollama);
      await worker.events.until(({ seen }) => seen['request-size'].some(({ texts }) => texts >= 40), TIMEOUT_MS);
      const edited = await insertBlock(db, { content: 'an edit meanwhile' });
      await expectEmbedded(db, edited, 'an edit meanwhile');
      await untilIdle(db, TIMEOUT_MS);
      expect(await countByStatus(db)).toEqual({ completed: BLOCKS + 1 });
      expect(await countJobs(db)).toEqual({ 'completed/stored': BLOCKS + 1 });
      expect(await db.query(`SELECT FROM pgboss.job WHERE name = 'embed-block' AND retry_count > 0`)).toEqual([]);
      expect(largest()).toBeGreaterThan(20);
      expect(sizes().reduce((sum, texts) => sum + texts, 0)).toBe(BLOCKS + 1);

      const size = await readMetric(worker.url, 'embedding_request_size');
      expect(size).toBe(worker.events.seen['request-size'].at(-1)?.texts);
      await worker.quiet();
      expect(await readReplicas(db as unknown as Queryable, 'embed-block')).toMatchObject([{ requestTexts: size }]);
    },
    2 * TIMEOUT_MS,
  );

  it(
    'is embedded in requests of the size that is set',
    async () => {
      const db = await createDatabase();
      await insertBacklog(db, 500);
      const worker = await startWorker(db, ollama, { PALDOCS_BATCH_SIZE: '10' });
      await untilIdle(db, TIMEOUT_MS);
      expect(new Set(sizes())).toEqual(new Set([10]));
      expect(await readMetric(worker.url, 'embedding_request_size')).toBe(10);
    },
    TIMEOUT_MS,
  );

  it(
    'is embedded in no larger requests than PALDOCS_OPENAI_BATCH_SIZE allows',
    async () => {
      const db = await createDatabase();
      await insertBacklog(db, BLOCKS);
      const openai = {
        PALDOCS_EMBEDDING_PROVIDER: 'openai',
        PALDOCS_OPENAI_URL: ollama.url,
        PALDOCS_EMBEDDING_MODEL: 'qwen3-embedding:4b',
        PALDOCS_OPENAI_BATCH_SIZE: '16',
      };
      const worker = await startWorker(db, ollama, openai);
      await worker.events.until(({ seen }) => seen['request-size'].some(({ texts }) => texts === 16), TIMEOUT_MS);
      await untilIdle(db, TIMEOUT_MS);
      expect(largest()).toBe(16);
    },
    2 * TIMEOUT_MS,
  );

  it(
    'is left as it was by a stop while workers change their batch size',
    async () => {
      const db = await createDatabase();
      await insertBacklog(db, BLOCKS);
      const worker = await startWorker(db, ollama);
      await worker.events.until(({ seen }) => seen['request-size'].length > 1, TIMEOUT_MS);
      await worker.stop();
      const { pending = 0, completed = 0 } = await countByStatus(db);
      expect(pending).toBeGreaterThan(0);
      expect(pending + completed).toBe(BLOCKS);
      expect((await countJobs(db))['active']).toBeUndefined();
    },
    TIMEOUT_MS,
  );
});
