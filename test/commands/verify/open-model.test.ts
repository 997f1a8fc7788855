import { inspectBlocks } from '../../../src/blocks/inspect.js';
import { Blocks } from '../../../src/blocks/blocks.js';
import { openModel } from '../../../src/commands/verify/open-model.js';
import { Verification } from '../../../src/backlog/stored-vectors/verification.js';
import { loadConfig } from '../../../src/config/config.js';
import { DrainingError } from '../../../src/embedder/errors.js';
import { Postgres } from '../../../src/postgres/postgres.js';
import { startStandIn } from '../../../tools/stand-in/stand-in.js';
import { createDatabase } from '../../support/create-database.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { insertBlocks } from '../../support/fixtures.js';
import { storeVectors } from '../../support/stored-vectors.js';
import { workerEnvironment } from '../../support/worker-in-process.js';
import { MemoryLog } from '../../support/worker-log.js';

describeWithServer('while the embedding server fails, a verification', () => {
  it.each(['unavailable', 'no-model', 'drop-on-arrival'] as const)(
    'ends after a time, and counts nothing as drifted (%s)',
    async (preset) => {
      const db = await createDatabase();
      const ollama = await startStandIn();
      const config = loadConfig(workerEnvironment(db, ollama));
      const { databaseUrl: url } = config;
      const database = new Postgres({ url, sessionUrl: url, applicationName: 'test', poolSize: 2 });
      const log = new MemoryLog();
      const { signal } = new AbortController();
      const table = await inspectBlocks(database, config.tables);
      const model = openModel({ config, table, signal, maxOutageMs: 300, log });
      try {
        const ids = await insertBlocks(db, 20);
        await storeVectors(db, ids, (index) => `Text number ${index}.`);
        ollama.faults.add(preset);
        const verification = new Verification({
          ...{ database, blocks: new Blocks(database, table), embedder: model.embedder, log },
          ...{ perType: 20, threshold: 0.99, ratePerSecond: 0, expireMs: 900_000, maxOutageMs: 1_000 },
          requestTexts: () => 10,
          requeue: null,
          onDrifted: () => undefined,
          onRestart: () => undefined,
          signal: model.signal,
        });
        await expect(verification.run()).rejects.toBeInstanceOf(DrainingError);
        expect(model.outage).toMatch(/^OLLAMA_/);
        expect(verification.tally.total).toMatchObject({ checked: 0, drifted: 0, notEmbedded: 0 });
      } finally {
        model.close();
        await database.close();
        ollama.faults.clear();
        await ollama.stop();
        await db.drop();
      }
    },
  );
});
