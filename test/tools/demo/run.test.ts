import { jest } from '@jest/globals';
import { runDemo } from '../../../tools/demo/run.js';
import { startStandIn, type StandIn } from '../../../tools/stand-in/stand-in.js';
import { createDatabase } from '../../support/create-database.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import type { TestDatabase } from '../../support/test-database.js';

const OPTIONS = { serve: false, help: false };

// .ci/run runs the demo with the embedded database and the sentence model.
describeWithServer('the demo on a server', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  let output: string;
  const variables = () => ({ PALDOCS_DATABASE_URL: db.url, PALDOCS_OLLAMA_URL: ollama.url });

  beforeEach(async () => {
    db = await createDatabase();
    ollama = await startStandIn();
    output = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      output += String(text);
      return true;
    });
    jest.spyOn(process.stderr, 'write').mockReturnValue(true); // the progress
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await ollama.stop();
  });

  test('embeds all documents and the edit, and leaves nothing behind', async () => {
    const status = await runDemo(OPTIONS, variables(), { signal: new AbortController().signal, leftBehind: '' });
    expect({ status, output }).toMatchObject({ status: 0 });
    expect(output).toMatch(/^ {2}total +\d+ +1 +0 +0 +\d+$/m);
    expect(output).toMatch(/has the vector of its new text: distance to the new text 0\.0000/);
    await expect(demoSchemas(db)).resolves.toEqual([]);
  });

  test('leaves nothing behind when it is interrupted', async () => {
    const interruption = new AbortController();
    const demo = runDemo(OPTIONS, variables(), { signal: interruption.signal, leftBehind: '' });
    await Promise.all([
      expect(demo).rejects.toThrow(),
      ollama.waitFor(({ stats }) => stats.textsEmbedded > 0).then(() => interruption.abort()),
    ]);
    await expect(demoSchemas(db)).resolves.toEqual([]);
  });

  test('leaves nothing behind when the model is missing', async () => {
    const absent = { ...variables(), PALDOCS_EMBEDDING_MODEL: 'absent' };
    const demo = runDemo(OPTIONS, absent, { signal: new AbortController().signal, leftBehind: '' });
    await expect(demo).rejects.toThrow('PALDOCS_OLLAMA_URL: Ollama answered 404');
    await expect(demoSchemas(db)).resolves.toEqual([]);
  });
});

async function demoSchemas(db: TestDatabase): Promise<unknown[]> {
  return await db.query(`SELECT nspname FROM pg_namespace WHERE nspname LIKE 'embedding\\_demo%'`);
}
