import { Blocks } from '../../src/blocks/blocks.js';
import { inspectBlocks } from '../../src/blocks/inspect.js';
import { openModel } from '../../src/commands/verify/open-model.js';
import { loadConfig } from '../../src/config/config.js';
import { StoredVectorCheck, type StoredVectorCheckOptions } from '../../src/leader/stored-vector-check.js';
import { Postgres } from '../../src/postgres/postgres.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlocks } from '../support/fixtures.js';
import { poll } from '../support/poll.js';
import { storeVectors } from '../support/stored-vectors.js';
import type { TestDatabase } from '../support/test-database.js';
import { hang } from '../support/worker-hold.js';
import { workerEnvironment } from '../support/worker-in-process.js';
import { MemoryLog, type LogLine } from '../support/worker-log.js';

const WARNING = 'stored vectors are not those that the model returns; see: embedding-worker verify';

describeWithServer('the leader’s check of stored vectors', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  let database: Postgres;
  let model: ReturnType<typeof openModel>;
  let log: MemoryLog;
  let check: StoredVectorCheck;
  let create: (options?: Partial<StoredVectorCheckOptions>) => StoredVectorCheck;
  beforeEach(async () => {
    db = await createDatabase();
    ollama = await startStandIn({ recordTexts: true });
    const config = loadConfig(workerEnvironment(db, ollama));
    const { databaseUrl: url } = config;
    database = new Postgres({ url, sessionUrl: url, applicationName: 'test', poolSize: 2 });
    log = new MemoryLog();
    const table = await inspectBlocks(database, config.tables);
    const { signal } = new AbortController();
    model = openModel({ config, table, signal, maxOutageMs: 60_000, log });
    const parts = { database, blocks: new Blocks(database, table), embedder: model.embedder, log, delayMs: 0 };
    const hold = { isHeld: false, explains: () => Promise.resolve(false) };
    create = (options) =>
      (check = new StoredVectorCheck({ ...parts, hold, ...options } as unknown as StoredVectorCheckOptions));
    create();
  });
  afterEach(async () => {
    await check.stop();
    model.close();
    await database.close();
    ollama.faults.clear();
    await ollama.stop();
    await db.drop();
  });

  const logged = async (message: string): Promise<LogLine> => {
    const find = () => Promise.resolve(log.lines.find((line) => line.message.startsWith(message)));
    const line = await poll(20_000, find);
    if (line === undefined) throw new Error(`"${message}" was not logged, but ${log.format('info', 'warn').join()}`);
    return line;
  };

  const stored = async (count: number, textOf = (index: number) => `Text number ${index}.`) => {
    await storeVectors(db, await insertBlocks(db, count), textOf);
  };

  it('warns if they are another model’s, after it embedded 20 texts', async () => {
    await stored(50, (index) => `other ${index}`);
    check.start();
    expect(await logged(WARNING)).toMatchObject({ level: 'warn', fields: { checked: 20, drifted: 20 } });
    expect(ollama.timesEmbedded().size).toBe(20);
  });

  it('does not warn if they are this model’s, or if only some differ', async () => {
    await stored(10, (index) => (index === 0 ? 'former' : `Text number ${index}.`));
    check.start();
    await logged('some stored vectors differ');
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('embeds nothing if no block is completed', async () => {
    await insertBlocks(db, 3);
    check.start();
    await logged('stored vectors are like those');
    expect(ollama.requests).toEqual([]);
  });

  it('says so if the model does not return the vectors in time', async () => {
    await stored(3);
    const hold = hang({ ollama }, 'number 0.');
    create({ limitMs: 500 }).start();
    expect(await logged('could not compare stored vectors')).toMatchObject({ level: 'info', fields: { seconds: 0.5 } });
    hold.release();
  });

  it('ends at once when this replica no longer leads', async () => {
    await stored(3);
    const hold = hang({ ollama }, 'number 0.');
    check.start();
    await hold.reached();
    await check.stop();
    hold.release();
    expect(log.lines).toEqual([]);
  });
});
