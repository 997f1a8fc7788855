import { startStandIn, type StandIn } from '../../../tools/stand-in/stand-in.js';
import { createDatabase } from '../../support/create-database.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { runDoctorChecks } from '../../support/doctor-checks.js';
import { insertBlocks } from '../../support/fixtures.js';
import { storeVectors } from '../../support/stored-vectors.js';
import type { TestDatabase } from '../../support/test-database.js';
import { workerEnvironment } from '../../support/worker-in-process.js';

describeWithServer('doctor’s check of stored vectors', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  beforeEach(async () => {
    db = await createDatabase();
    ollama = await startStandIn({ recordTexts: true });
  });
  afterEach(async () => {
    ollama.faults.clear();
    await ollama.stop();
    await db.drop();
  });

  const check = async () => {
    const [, result] = await runDoctorChecks(workerEnvironment(db, ollama), ['tables', 'stored vectors']);
    return result;
  };

  it('passes if they are like those that the model returns', async () => {
    await storeVectors(db, await insertBlocks(db, 30), (index) => `Text number ${index}.`);
    expect(await check()).toEqual({
      name: 'stored vectors',
      status: 'ok',
      found: '20 vectors like those that the model returns now (cosine 1.0000 or more)',
      fix: null,
    });
    expect(ollama.timesEmbedded().size).toBe(20);
  });

  it('warns of another model’s, with the reason', async () => {
    await storeVectors(db, await insertBlocks(db, 30), (index) => `other ${index}`);
    expect(await check()).toEqual({
      name: 'stored vectors',
      status: 'warning',
      found: expect.stringMatching(
        /^20 of 20 vectors differ from what the model returns now; .*another model$/,
      ) as string,
      fix: expect.stringMatching(/^embedding-worker verify, .*\n.*backfill --all$/) as string,
    });
  });

  it('compares blocks of each type', async () => {
    await storeVectors(db, await insertBlocks(db, 30), (index) => `Text number ${index}.`);
    const code = await insertBlocks(db, 1, { type: 'code', content: () => 'make' });
    await storeVectors(db, code, () => 'other');
    expect(await check()).toMatchObject({ status: 'warning', found: expect.stringContaining('1 of 20') as string });
  });

  it('is skipped if no block is completed', async () => {
    await insertBlocks(db, 3);
    expect(await check()).toMatchObject({ status: 'skipped', found: 'skipped: no completed block was found' });
  });

  it('is skipped if the model does not answer in time', async () => {
    await storeVectors(db, await insertBlocks(db, 3), (index) => `Text number ${index}.`);
    ollama.faults.add({ preset: 'hang', text: 'number 0.' });
    expect(await check()).toMatchObject({
      status: 'skipped',
      found: 'skipped: comparing 20 vectors takes longer than 5 s',
    });
  });
});
