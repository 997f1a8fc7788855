import { startStandIn, type StandIn } from '../../../tools/stand-in/stand-in.js';
import { attributesOf, startCollector, type CollectedSpan, type Collector } from '../../support/collector.js';
import { createDatabase } from '../../support/create-database.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { insertBlock, insertBlocks, insertNote } from '../../support/fixtures.js';
import type { TestDatabase } from '../../support/test-database.js';
import { expectEmbedded, untilIdle, untilStatus } from '../../support/worker-blocks.js';
import { keepBusy, ONE_WORKER } from '../../support/worker-hold.js';
import { workerEnvironment, type WorkerEnvironment } from '../../support/worker-in-process.js';
import { killProcesses, WorkerProcess } from '../../support/worker-process.js';

/** Makes Node log each OpenTelemetry module that it loads. */
const LOG_MODULES = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({ load(url, context, next) {
    const name = /@opentelemetry\\/([a-z-]+)\\//.exec(url)?.[1];
    if (name !== undefined) console.error(JSON.stringify({ level: 'debug', message: 'module', name }));
    return next(url, context);
  } });
`)}`;

describeWithServer('a worker', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  let collector: Collector;
  beforeEach(async () => {
    db = await createDatabase();
    ollama = await startStandIn();
    collector = await startCollector();
  });
  afterEach(async () => {
    ollama.faults.clear();
    await killProcesses();
    await ollama.stop();
    await collector.stop();
    await db.drop();
  });

  const start = (environment: WorkerEnvironment) => WorkerProcess.start(workerEnvironment(db, ollama, environment));
  const end = async (worker: WorkerProcess) => {
    worker.kill('SIGTERM');
    expect(await worker.untilEnd()).toEqual({ status: 0, signal: null });
  };
  const named = (name: string) => collector.spans().filter((span) => span.name === name);
  const childrenOf = (parent: CollectedSpan) =>
    collector.spans().filter(({ parentSpanId }) => parentSpanId === parent.spanId);

  it('traces an edit from the enqueued job to the stored vector in one trace', async () => {
    const worker = start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    await worker.untilWorking();
    await worker.untilLogged('elected leader');
    const id = await insertBlock(db, { content: 'A text.' });
    await expectEmbedded(db, id, 'A text.');
    await end(worker); // sends the remaining spans
    expect(new Set(collector.requests.map(({ path }) => path))).toEqual(new Set(['/v1/traces']));
    const [job] = named('process embed-block');
    if (job === undefined) throw new Error('no span of a job');
    const steps = childrenOf(job).filter(({ name }) => ['claim', 'request', 'store'].includes(name));
    expect(steps.map(({ name }) => name)).toEqual(['claim', 'request', 'store']); // in the order in which they ended
    const enqueued = collector.spans().find(({ spanId }) => spanId === job.parentSpanId);
    expect(enqueued).toMatchObject({ name: 'insert embed-block', traceId: job.traceId });
    expect(attributesOf(steps[1]?.attributes ?? [])).toEqual({ 'embedding.blocks': 1 });
    const [first] = collector.requests;
    expect(attributesOf(first?.body.resourceSpans[0]?.resource.attributes ?? [])).toMatchObject({
      'service.name': 'embedding-worker',
      'service.version': expect.stringMatching(/^\d/) as unknown,
    });
  });

  it('traces a batch in one trace, with a link to each of its jobs', async () => {
    const worker = start({ ...ONE_WORKER, OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    await worker.untilWorking();
    await worker.untilLogged('elected leader');
    const busy = await keepBusy({ db, ollama });
    for (let i = 0; i < 3; i++) await insertBlock(db, { content: `Text ${i}.` });
    await db.untilRow<{ jobs: number }>(
      `SELECT count(*)::int AS jobs FROM pgboss.job WHERE name = 'embed-block' AND state = 'created'`,
      [],
      ({ jobs }) => jobs === 3,
    );
    busy.release();
    await untilIdle(db);
    await end(worker);
    const batch = named('process embed-block').find(({ links = [] }) => links.length > 0);
    if (batch === undefined) throw new Error('no span of a batch');
    expect(batch.links).toHaveLength(3);
    const claim = childrenOf(batch).find(({ name }) => name === 'claim');
    expect(attributesOf(claim?.attributes ?? [])).toEqual({ 'embedding.blocks': 3 });
  });

  it('sends no texts, titles, secrets or error messages', async () => {
    const worker = start({
      PALDOCS_RETRY_LIMIT: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_SERVICE_NAME: 'renamed',
    });
    await worker.untilWorking();
    // The error message repeats the text of the block, and fails its settlement.
    await db.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'refused: %', OLD.content; END $$`);
    await db.query(`CREATE TRIGGER refuse BEFORE UPDATE OF embedding ON blocks FOR EACH ROW
      WHEN (NEW.embedding IS NOT NULL AND OLD.content::text LIKE '%rosebud%') EXECUTE FUNCTION refuse()`);
    // This error reaches pg-boss itself, which records its message.
    await db.query(`CREATE FUNCTION refuse_job() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN
        IF EXISTS (SELECT FROM blocks WHERE id::text = NEW.singleton_key AND content::text LIKE '%inquirer%') THEN
          RAISE EXCEPTION 'refused: inquirer';
        END IF;
        RETURN NEW;
      END $$`);
    await db.query(`CREATE TRIGGER refuse BEFORE UPDATE ON pgboss.job_common FOR EACH ROW
      WHEN (NEW.state = 'completed') EXECUTE FUNCTION refuse_job()`);
    const noteId = await insertNote(db, 'A xanadu title');
    await untilStatus(db, await insertBlock(db, { noteId, type: 'heading', content: 'rosebud' }), 'error', 20_000);
    await untilStatus(db, await insertBlock(db, { content: 'inquirer' }), 'error', 20_000);
    await insertBlocks(db, 2);
    await untilIdle(db);
    await end(worker);
    expect(named('complete embed-block').filter(({ status }) => status.code === 2).length).toBeGreaterThan(0);
    const failed = named('store').filter(({ status }) => status.code === 2);
    expect(failed.length).toBeGreaterThan(0);
    const all = JSON.stringify(collector.requests);
    expect(all).toContain('"renamed"');
    for (const secret of ['rosebud', 'xanadu', 'inquirer', 'refused', new URL(db.url).password || db.url]) {
      expect(all).not.toContain(secret);
    }
  });

  it('loads the SDK only if tracing is on', async () => {
    const modules = async (environment: WorkerEnvironment) => {
      const worker = start({ NODE_OPTIONS: `--import ${LOG_MODULES}`, ...environment });
      await worker.untilWorking();
      await end(worker);
      return new Set(worker.lines.filter(({ message }) => message === 'module').map(({ name }) => name));
    };
    expect(await modules({ OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })).toEqual(
      new Set(['api']),
    );
    expect(await modules({})).toEqual(new Set(['api'])); // pg-boss itself loads it
    expect(await modules({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })).toContain('sdk-trace');
    expect(collector.requests).toEqual([]); // nothing has been embedded
  });

  it('works and shuts down in time while the collector is unreachable', async () => {
    await collector.stop();
    const worker = start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    await worker.untilWorking();
    const id = await insertBlock(db, { content: 'A text.' });
    await expectEmbedded(db, id, 'A text.');
    const started = performance.now();
    await end(worker);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
