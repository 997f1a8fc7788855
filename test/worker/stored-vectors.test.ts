import { startStandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlocks } from '../support/fixtures.js';
import { OtherModel, storeVectors } from '../support/stored-vectors.js';
import { poll } from '../support/poll.js';
import { startWorker, stopWorkers } from '../support/worker-in-process.js';

describeWithServer('a worker that leads', () => {
  it('warns half a minute after its start that the stored vectors are another model’s', async () => {
    const db = await createDatabase();
    const ollama = await startStandIn({ brain: new OtherModel() });
    try {
      await storeVectors(db, await insertBlocks(db, 10), (index) => `Text number ${index}.`);
      const { log } = await startWorker(db, ollama);
      const warning = await poll(60_000, () =>
        Promise.resolve(log.lines.find(({ message }) => message.startsWith('stored vectors are not those'))),
      );
      expect(warning).toMatchObject({
        level: 'warn',
        fields: { checked: 10, drifted: 10, fix: expect.stringContaining('backfill --all') as string },
      });
    } finally {
      await stopWorkers();
      await ollama.stop();
    }
  });
});
