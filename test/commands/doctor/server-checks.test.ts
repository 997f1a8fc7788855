import { startStandIn } from '../../../tools/stand-in/stand-in.js';
import { createDatabase } from '../../support/create-database.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import type { TestDatabase } from '../../support/test-database.js';
import { runCheck } from './run-check.js';

describeWithServer('a check of the embedding server', () => {
  let db: TestDatabase;
  beforeAll(async () => (db = await createDatabase()));

  it.each([
    [
      'ollama',
      'a version that is too old',
      { version: '0.11.10' },
      undefined,
      { status: 'failed', found: 'Ollama 0.11.10, which ignores "dimensions"', fix: 'update it to 0.11.11' },
    ],
    [
      'ollama',
      'the oldest version that works',
      { version: '0.11.11' },
      undefined,
      { status: 'ok', found: 'Ollama 0.11.11 at 127.0.0.1:', fix: '' },
    ],
    [
      'ollama',
      'a version built from source',
      { version: '0.0.0' },
      undefined,
      { status: 'warning', found: 'reports the version "0.0.0"', fix: 'make sure that it is 0.11.11' },
    ],
    [
      'ollama',
      'a server that refuses us',
      {},
      'unauthorized',
      { status: 'failed', found: 'Ollama answered 401', fix: 'put valid credentials into PALDOCS_OLLAMA_URL' },
    ],
    [
      'ollama',
      'a server that is not Ollama',
      {},
      'not-found',
      {
        status: 'failed',
        found: 'Ollama answered 404',
        fix: 'check that PALDOCS_OLLAMA_URL is the address of an Ollama server',
      },
    ],
    [
      'model',
      'no model',
      {},
      'no-model',
      { status: 'failed', found: 'the server has no model', fix: 'ollama pull qwen3-embedding:4b' },
    ],
    [
      'vectors',
      'too few dimensions',
      { nativeDimensions: 512 },
      undefined,
      { status: 'failed', found: 'gives vectors of 512 dimensions', fix: 'PALDOCS_EMBEDDING_MODEL' },
    ],
    [
      'vectors',
      'a runner that crashes',
      {},
      'crash-eof',
      { status: 'failed', found: 'EOF', fix: 'restart it if it crashed' },
    ],
    [
      'vectors',
      'vectors of length 0',
      {},
      'zero-vectors',
      { status: 'failed', found: 'length 0', fix: 'read the log of Ollama' },
    ],
    [
      'speed',
      'a batch in another order',
      {},
      'reordered',
      { status: 'failed', found: 'a different vector alone than in a batch', fix: 'update Ollama' },
    ],
  ] as const)('%s detects %s', async (name, _, options, fault, expected) => {
    const ollama = await startStandIn(options);
    if (fault !== undefined) ollama.faults.add(fault);
    const result = await runCheck(name, db, ollama);
    await ollama.stop();
    expect(result).toMatchObject({ name, status: expected.status });
    expect(result?.found).toContain(expected.found);
    expect(result?.fix ?? '').toContain(expected.fix);
  });

  it('does not wait for a server that never answers', async () => {
    const ollama = await startStandIn();
    ollama.faults.add('hang');
    expect(await runCheck('ollama', db, ollama)).toMatchObject({
      status: 'failed',
      found: expect.stringContaining('did not answer within 5 s') as string,
    });
    await ollama.stop();
  });
});
