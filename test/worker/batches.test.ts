import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlocks } from '../support/fixtures.js';
import { countByStatus, untilIdle } from '../support/worker-blocks.js';
import { startWorker, stopWorkers } from '../support/worker-in-process.js';
import { WatchedPostgres, WithoutMaintenance } from '../support/worker-postgres.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';

/** Less than the polling interval of 60 s, for which a worker sleeps unless it is woken. */
const LESS_THAN_A_POLL_MS = 50_000;

describeWithServer('a queue of many blocks', () => {
  let ollama: StandIn;
  beforeAll(async () => {
    ollama = await startStandIn({ recordTexts: true });
  });
  afterEach(stopWorkers);
  afterAll(() => ollama.stop());

  it.each([
    ['1', '1'],
    ['1', '10'],
    ['2', '2'],
    ['10', '1'],
    ['10', '10'],
    ['4', '128'],
  ])(
    'is processed without waiting for a poll by %s workers that fetch %s jobs at a time',
    async (workers, batchSize) => {
      const db = await createDatabase();
      const environment = { PALDOCS_WORKER_CONCURRENCY: workers, PALDOCS_BATCH_SIZE: batchSize };
      await startWorker(db, ollama, environment, (options) => new WithoutMaintenance(options));
      await insertBlocks(db, 45);
      await untilIdle(db, LESS_THAN_A_POLL_MS);
      expect(await countByStatus(db)).toEqual({ completed: 45 });
    },
    90_000,
  );

  it('is settled by the worker, which leaves nothing to pg-boss', async () => {
    const settlesOfPgBoss: string[] = [];
    class Listening extends WatchedPostgres {
      override executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
        if (/json_to_recordset/.test(text) && /SET completed_on/.test(text)) settlesOfPgBoss.push(text);
        return super.executeSql(text, values);
      }
    }
    const db = await createDatabase();
    const worker = await startWorker(db, ollama, {}, (options) => new Listening(options));
    await insertBlocks(db, 25);
    await untilIdle(db);
    await worker.stop(); // pg-boss would settle after the handler has returned
    expect(await countByStatus(db)).toEqual({ completed: 25 });
    expect(settlesOfPgBoss).toEqual([]);
  });
});
