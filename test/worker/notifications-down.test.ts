import { readMetric } from '../support/worker-http.js';
import { PgBouncer } from '../../tools/crucible/site/pgbouncer.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithProgram } from '../support/describe-with-program.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { poll } from '../support/poll.js';
import { RefusingFront } from '../support/refusing-front.js';
import type { TestDatabase } from '../support/test-database.js';
import { editBlock, expectEmbedded } from '../support/worker-blocks.js';
import { startFollower, startWorker, stopWorkers, type TestWorker } from '../support/worker-in-process.js';

const DEAF = 'NOTIFY does not arrive; edits wait for the next sweep';
const UNENDING = 'the database does not end idle sessions; a leader that freezes or is cut off keeps the lease';
/** Sweeps of who is deaf follow each other within 5 s, or 20 times the length of the last one; those of others each minute. */
const sweptMs = ({ events }: TestWorker) =>
  Math.min(55_000, Math.max(5_000, ...events.seen.swept.map(({ seconds }) => seconds * 20_000)) + 10_000);
/** A listener that was refused is tried again within this. */
const HEARD_MS = 20_000;
/** Two or three of those waits, on a machine that is slow throughout. */
const PATIENCE_MS = 240_000;

const LISTEN = { statement: /^Q....LISTEN "/s, code: '0A000' };
const IDLE_TIMEOUT = { statement: /idle_session_timeout/, code: '42704' };

let db: TestDatabase;
let ollama: StandIn;
const useDatabase = () => {
  beforeAll(async () => {
    db = await createDatabase();
    ollama = await startStandIn();
  });
  afterAll(() => ollama.stop());
  afterEach(stopWorkers);
};

const warnings = ({ log }: TestWorker, message: string) =>
  log.lines.filter((line) => line.level === 'warn' && line.message === message);
const metric = async ({ url }: TestWorker, name: string) => String(await readMetric(url, name));
const notificationsDown = ({ events }: TestWorker) => events.seen.listening.at(-1)?.up !== true;

/** Edits, and sees to it that nothing but a sweep has found the edit. */
async function expectSwept(worker: TestWorker): Promise<void> {
  const id = await insertBlock(db, { content: 'unheard' });
  await expectEmbedded(db, id, 'unheard', { timeoutMs: sweptMs(worker) });
  await editBlock(db, id, { content: 'and edited' });
  await db.untilRow(
    `SELECT embedding_status AS status FROM blocks WHERE id::text = $1`,
    [id],
    ({ status }) => status === 'completed',
    sweptMs(worker),
  );
  expect(worker.events.seen.bridged).toEqual([]);
}

/** Edits until one was heard: a sweep that is under way may be first. */
async function expectHeard(worker: TestWorker): Promise<void> {
  const heard = await poll(HEARD_MS, async () => {
    const id = await insertBlock(db, { content: 'heard' });
    await expectEmbedded(db, id, 'heard');
    return worker.events.seen.bridged.length > 0 ? true : undefined;
  });
  expect(heard).toBe(true);
}

describeWithServer('a leader that is refused LISTEN', () => {
  let front: RefusingFront;
  useDatabase();
  beforeEach(async () => {
    front = await RefusingFront.start(db.url, LISTEN);
  });
  afterEach(() => front.stop());
  const start = () => startWorker(db, ollama, { PALDOCS_LISTEN_DATABASE_URL: front.url });

  it(
    'finds edits by sweeping, soon',
    async () => {
      await expectSwept(await start());
    },
    PATIENCE_MS,
  );

  it(
    'says so once, with what to do, and tries on',
    async () => {
      const worker = await start();
      const refused = front.refused;
      for (const sweeps of [2, 3, 4]) {
        await worker.events.until(({ seen }) => seen.swept.length >= sweeps, sweptMs(worker));
      }
      expect(front.refused).toBeGreaterThan(refused);
      expect(warnings(worker, DEAF)).toEqual([
        expect.objectContaining({
          fields: expect.objectContaining({ fix: expect.stringContaining('PALDOCS_LISTEN') as string }) as object,
        }),
      ]);
      expect(worker.events.seen.leading).toEqual([{ leader: true }]);
    },
    PATIENCE_MS,
  );

  it('is not up as a listener, and leads', async () => {
    const worker = await start();
    expect(await metric(worker, 'embedding_listener_up')).toBe('0');
    expect(await metric(worker, 'embedding_leader')).toBe('1');
    const [row] = await db.query<{ name: string }>(
      `SELECT application_name AS name FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'embedding-worker % L %'`,
    );
    expect(row?.name).toMatch(/ L \S+ n$/);
  });

  it('hears again once it is let, and sweeps what was missed until then', async () => {
    const worker = await start();
    front.refuse();
    await worker.events.until((events) => events.seen.listening.at(-1)?.up === true, HEARD_MS);
    expect(await metric(worker, 'embedding_listener_up')).toBe('1');
    await expectHeard(worker);
  });

  it(
    'leads after another that could not listen either',
    async () => {
      const first = await start();
      const second = await startFollower(db, ollama, { PALDOCS_LISTEN_DATABASE_URL: front.url });
      await first.stop();
      await second.events.until(({ seen }) => seen.leading.at(-1)?.leader === true);
      await expectSwept(second);
    },
    PATIENCE_MS,
  );
});

describeWithServer('a database that does not end idle sessions', () => {
  useDatabase();

  it('is worked on, and the log says once what follows', async () => {
    const front = await RefusingFront.start(db.url, IDLE_TIMEOUT);
    const worker = await startWorker(db, ollama, { PALDOCS_LISTEN_DATABASE_URL: front.url });
    await expectHeard(worker);
    expect(warnings(worker, UNENDING)).toHaveLength(1);
    await stopWorkers();
    await front.stop();
  });
});

describeWithServer('a leader behind a pooler that swallows LISTEN', () => {
  describeWithProgram('pgbouncer', 'in transaction mode', () => {
    let bouncer: PgBouncer;
    useDatabase();
    beforeAll(async () => {
      bouncer = await PgBouncer.start(db.url);
    });
    afterAll(() => bouncer.stop());

    it(
      'finds out that it is deaf, and finds edits by sweeping',
      async () => {
        const url = new URL(db.url);
        url.port = String(bouncer.port);
        const worker = await startWorker(db, ollama, { PALDOCS_LISTEN_DATABASE_URL: url.href });
        await worker.events.until(() => notificationsDown(worker), 75_000);
        expect(warnings(worker, DEAF)).toHaveLength(1);
        await expectSwept(worker);
      },
      PATIENCE_MS,
    );
  });
});
