import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlocks } from '../support/fixtures.js';
import { countByStatus, untilIdle } from '../support/worker-blocks.js';
import { startWorker, stopWorkers } from '../support/worker-in-process.js';
import { WatchedPostgres, WithoutMaintenance } from '../support/worker-postgres.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';

/** A worker that was not woken sleeps for the polling interval of 60 s. */
const LESS_THAN_A_PAUSE_MS = 50_000;

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
    'is worked off without a pause by %s workers that fetch %s jobs',
    async (workers, batchSize) => {
      const db = await createDatabase();
      const environment = { PALDOCS_WORKER_CONCURRENCY: workers, PALDOCS_BATCH_SIZE: batchSize };
      await startWorker(db, ollama, environment, (options) => new WithoutMaintenance(options));
      await insertBlocks(db, 45);
      await untilIdle(db, LESS_THAN_A_PAUSE_MS);
      expect(await countByStatus(db)).toEqual({ completed: 45 });
    },
    90_000,
  );

  it('leaves nothing for pg-boss to settle', async () => {
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
    await worker.stop(); // pg-boss would settle once the handler has returned
    expect(await countByStatus(db)).toEqual({ completed: 25 });
    expect(settlesOfPgBoss).toEqual([]);
  });
});
