import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlocks } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { untilIdle } from '../support/worker-blocks.js';
import { startWorker, stopWorkers, workerEnvironment } from '../support/worker-in-process.js';
import { runCli } from './cli.js';

describeWithServer('PALDOCS_OLLAMA_KEEP_ALIVE', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  beforeEach(async () => {
    db = await createDatabase();
    ollama = await startStandIn();
  });
  afterEach(async () => {
    await stopWorkers();
    await ollama.stop();
    await db.drop();
  });

  /** `keep_alive` of all requests for embeddings, each value once. */
  const sent = () => [
    ...new Set(ollama.requests.filter(({ path }) => path === '/api/embed').map(({ keepAlive }) => keepAlive)),
  ];

  async function embedThroughAnOutage(environment: Readonly<Record<string, string>>): Promise<void> {
    ollama.faults.add({ preset: 'busy', count: 2 }); // a request and the gate's first probe
    const worker = await startWorker(db, ollama, environment);
    await insertBlocks(db, 3);
    await untilIdle(db);
    await worker.stop();
    expect(ollama.stats.byFault).toEqual({ busy: 2 });
  }

  it.each<[string, unknown]>([
    ['24h', '24h'],
    ['3600', 3600],
    ['-1', -1],
  ])('goes with every request of worker, probe, search and doctor: %s', async (given, taken) => {
    const environment = { PALDOCS_OLLAMA_KEEP_ALIVE: given };
    await embedThroughAnOutage(environment);
    expect(sent()).toEqual([taken]);
    for (const args of [['search', 'rolling back'], ['doctor']]) {
      ollama.forgetRequests();
      await runCli(workerEnvironment(db, ollama, environment), args);
      expect(sent()).toEqual([taken]);
    }
  });

  it('is not sent unless it is set', async () => {
    await embedThroughAnOutage({});
    expect(sent()).toEqual([undefined]);
  });

  it('with a value that Ollama does not accept ends every command with status 2', async () => {
    const environment = workerEnvironment(db, ollama, { PALDOCS_OLLAMA_KEEP_ALIVE: '7d' });
    const { status, stderr } = await runCli(environment, ['doctor']);
    expect(status).toBe(2);
    expect(stderr).toContain(
      'PALDOCS_OLLAMA_KEEP_ALIVE: "7d" is not a time that Ollama accepts: give a time such as 90s',
    );
  });
});
