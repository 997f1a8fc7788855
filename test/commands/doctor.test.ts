import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlocks } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { untilIdle } from '../support/worker-blocks.js';
import { startWorker, stopWorkers, workerEnvironment } from '../support/worker-in-process.js';
import { runCli, runJson } from './cli.js';
import { everythingIn } from './doctor/everything-in.js';
import { documentedJson, shapeOf } from './documented-json.js';

interface Report {
  readonly ok: boolean;
  readonly checks: readonly {
    readonly name: string;
    readonly status: string;
    readonly found: string;
    readonly fix: string | null;
  }[];
  readonly search: object;
}

describeWithServer('doctor', () => {
  const openAiEnvironment = ({ url }: StandIn, model = 'qwen3-embedding:4b') => ({
    ...workerEnvironment(db, ollama),
    PALDOCS_EMBEDDING_PROVIDER: 'openai',
    PALDOCS_OPENAI_URL: url,
    PALDOCS_EMBEDDING_MODEL: model,
  });

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

  it('prints one line per check, and exits with 0 if all pass', async () => {
    await insertBlocks(db, 3);
    const environment = workerEnvironment(db, ollama, { PALDOCS_LOG_LEVEL: 'warn' });
    const { status, stdout, stderr } = await runCli(environment, ['doctor']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.split('\n').filter((line) => /^[✓!✗-] /.test(line));
    expect(lines.map((line) => /^. (\w+( \w+)?) {2}/.exec(line)?.[1])).toEqual([
      'database',
      'pgvector',
      'tables',
      'privileges',
      'context',
      'trigger',
      'own write',
      'notifications',
      'payload',
      'queue',
      'indexes',
      'ollama',
      'model',
      'vectors',
      'stored vectors',
      'speed',
    ]);
    expect(stdout).toMatch(/^✓ database +PostgreSQL \d+\.\d+.* at \S+\/embedding_worker_\w+, as \w+$/m);
    expect(stdout).toMatch(/^✓ tables +public\.blocks and public\.notes; id type bigint, .*vector\(768\)$/m);
    expect(stdout).toMatch(
      /^✓ vectors +768 dimensions \(cut from 2,560\), as in the column; all values finite, length 1; the model was not loaded, .*$/m,
    );
    expect(stdout).toMatch(/^✓ speed +1 text in \d+ ms, 10 texts in \d+ ms: about [\d,]+ texts per second$/m);
  });

  it('changes nothing and creates no queue', async () => {
    await insertBlocks(db, 3);
    const before = await everythingIn(db);
    await runJson(workerEnvironment(db, ollama), ['doctor']);
    expect(await everythingIn(db)).toEqual(before);
    expect(before.relations.some(({ name }) => String(name).startsWith('pgboss.'))).toBe(false);
  });

  it('changes nothing if there is a queue', async () => {
    const worker = await startWorker(db, ollama);
    await insertBlocks(db, 3);
    await untilIdle(db);
    await worker.stop();
    await insertBlocks(db, 3);
    const before = await everythingIn(db);
    const report = await runJson<Report>(workerEnvironment(db, ollama), ['doctor']);
    expect(await everythingIn(db)).toEqual(before);
    expect(report.checks.find(({ name }) => name === 'queue')).toEqual({
      name: 'queue',
      status: 'ok',
      found: 'embed-block and embed-block-failed in the schema pgboss, as pg-boss expects them',
      fix: null,
    });
  });

  it('fails with status 1 and names the fix; the JSON has the documented shape', async () => {
    await db.query('ALTER TABLE blocks DROP COLUMN embedding_status');
    const environment = { ...workerEnvironment(db, ollama), PALDOCS_EMBEDDING_MODEL: 'absent' };
    const { status, stdout } = await runCli(environment, ['doctor', '--json']);
    expect(status).toBe(1);
    const report = JSON.parse(stdout) as Report;
    expect(report.ok).toBe(false);
    expect(report.checks).toContainEqual({
      name: 'tables',
      status: 'failed',
      found:
        "PALDOCS_BLOCKS_STATUS_COLUMN: public.blocks has no column embedding_status, which the API's migration adds",
      fix: `ALTER TABLE "public"."blocks" ADD COLUMN "embedding_status" text NOT NULL DEFAULT 'pending';\nor correct PALDOCS_BLOCKS_STATUS_COLUMN`,
    });
    expect(report.checks).toContainEqual({
      name: 'privileges',
      status: 'skipped',
      found: 'skipped: needs the check "tables" to pass',
      fix: null,
    });
    expect(report.checks).toContainEqual({
      name: 'model',
      status: 'failed',
      found: 'the server has no model absent',
      fix: 'ollama pull absent',
    });
    const failed = report.checks.filter(({ fix }) => fix !== null);
    expect(shapeOf({ ...report, checks: failed })).toEqual(shapeOf(await documentedJson('doctor')));

    const text = await runCli(environment, ['doctor']);
    expect(text.status).toBe(1);
    expect(text.stdout).toMatch(/^✗ model +the server has no model absent\n +→ ollama pull absent$/m);
    expect(text.stdout).toMatch(/2 checks failed, (\d warnings?, )?\d checks skipped\.\n$/);
  });

  it('never shows a password', async () => {
    const url = new URL(db.url);
    url.username = 'nobody_such';
    url.password = 'se%3Ccret';
    const { status, stdout, stderr } = await runCli(
      {
        ...workerEnvironment(db, ollama),
        PALDOCS_DATABASE_URL: url.href,
        PALDOCS_OLLAMA_URL: 'http://someone:se%3Ccret@127.0.0.1:1',
      },
      ['doctor'],
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(/^✗ database/m);
    expect(stdout).toMatch(/^✗ ollama +127\.0\.0\.1:1: Ollama cannot be reached \(ECONNREFUSED/m);
    expect(stdout + stderr).not.toContain('cret');
  });

  it('checks the embedding server even without a database', async () => {
    const { status, stdout } = await runCli(
      { ...workerEnvironment(db, ollama), PALDOCS_DATABASE_URL: 'postgresql://worker@127.0.0.1:1/none' },
      ['doctor'],
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^✗ database +127\.0\.0\.1:1\/none cannot be reached \(ECONNREFUSED\)\n +→ start the server/m,
    );
    expect(stdout).toMatch(/^✓ model/m);
    expect(stdout).toMatch(/^- vectors +skipped: needs the check "tables" to pass$/m);
  });

  it.each([
    [4, 'the server takes at most 4 texts per request'],
    [1, 'the server takes at most 1 text per request'],
    [9, 'the server takes at most 9 texts per request'],
  ])('finds how many texts a server accepts per request: %i', async (maxBatch, found) => {
    const server = await startStandIn({ maxBatch });
    const { status, stdout } = await runCli(openAiEnvironment(server), ['doctor']);
    await server.stop();
    expect(stdout).toMatch(new RegExp(`^✓ speed +1 text in .* texts per second; ${found}$`, 'm'));
    expect(status).toBe(0);
  });

  it('sends no more texts per request than configured', async () => {
    const server = await startStandIn({ maxBatch: 4 });
    const environment = { ...openAiEnvironment(server), PALDOCS_OPENAI_BATCH_SIZE: '4' };
    const { stdout } = await runCli(environment, ['doctor']);
    await server.stop();
    expect(stdout).toMatch(/^✓ speed +1 text in \d+ ms, 4 texts in \d+ ms: about [\d,]+ texts per second$/m);
  });

  it.each([
    [
      'qwen3-embedding:4b',
      {},
      'Instruct: Given a search query, retrieve relevant platform knowledge base sections that answer the query\nQuery:',
    ],
    ['intfloat/multilingual-e5-base', {}, 'query: '],
    ['intfloat/multilingual-e5-base', { PALDOCS_EMBEDDING_QUERY_INSTRUCTION: 'Find: ' }, 'Find: '],
    ['nobody-knows-it', {}, ''],
  ])('says how to search: %s, %j', async (model, variables, queryInstruction) => {
    const server = await startStandIn({ model, nativeDimensions: 768 });
    const environment = { ...openAiEnvironment(server, model), ...variables };
    const report = await runJson<Report>(environment, ['doctor']);
    const { stdout } = await runCli(environment, ['doctor']);
    await server.stop();
    const isModelKnown = model !== 'nobody-knows-it';
    expect(report.search).toEqual({ model, dimensions: 768, queryInstruction, isModelKnown });
    const prefix = queryInstruction === '' ? 'no prefix' : `the prefix ${JSON.stringify(queryInstruction)}`;
    const line = `\nTo search, embed the query with the model ${model}, 768 dimensions and ${prefix}.\n`;
    expect(stdout).toContain(line);
    expect(stdout.includes('query prefix is unknown')).toBe(!isModelKnown);
  });

  it('finds that a server shortens a model that was not trained for it', async () => {
    const server = await startStandIn({ model: 'bge-m3', nativeDimensions: 1024 });
    const environment = openAiEnvironment(server, 'bge-m3');
    const { status, stdout } = await runCli(environment, ['doctor']);
    const insisting = await runCli({ ...environment, PALDOCS_EMBEDDING_SHORTEN: 'any' }, ['doctor']);
    await server.stop();
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^✗ vectors +.*bge-m3 gives vectors of 1024 dimensions.*not known to be trained for shortening/m,
    );
    expect(stdout).toMatch(/^ +→ .*PALDOCS_EMBEDDING_SHORTEN=any$/m);
    expect(insisting.status).toBe(0);
  });

  it('can be interrupted', async () => {
    ollama.faults.add({ preset: 'hang', endpoint: '/api/embed' });
    const { status } = await runCli(workerEnvironment(db, ollama), ['doctor'], {
      onStart: (interrupt) => void ollama.waitFor(({ stats }) => stats.hanging > 0).then(interrupt),
    });
    expect(status).toBe(130);
  });

  it('ends with status 2 without a configuration and for an unknown option', async () => {
    expect(await runCli({}, ['doctor'])).toMatchObject({ status: 2, stdout: '' });
    expect(await runCli(workerEnvironment(db, ollama), ['doctor', '--fix'])).toMatchObject({ status: 2, stdout: '' });
  });
});
