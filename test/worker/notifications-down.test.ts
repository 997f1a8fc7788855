import { readMetric } from '../support/worker-http.js';
import { PgBouncer } from '../../tools/crucible/testbed/pgbouncer.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithProgram } from '../support/describe-with-program.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { poll } from '../support/poll.js';
import { RejectingProxy } from '../support/rejecting-proxy.js';
import type { TestDatabase } from '../support/test-database.js';
import { editBlock, expectEmbedded } from '../support/worker-blocks.js';
import { startFollower, startWorker, stopWorkers, type TestWorker } from '../support/worker-in-process.js';

const DOWN = 'NOTIFY does not arrive; edits wait for the next sweep';
const NO_IDLE_TIMEOUT = 'the database does not end idle sessions; a leader that freezes or is cut off keeps the lease';
/** Without notifications a leader sweeps every 5 s, or after 20 times the length of the last sweep; otherwise every minute. */
const sweptMs = ({ events }: TestWorker) =>
  Math.min(55_000, Math.max(5_000, ...events.seen.swept.map(({ seconds }) => seconds * 20_000)) + 10_000);
/** A rejected LISTEN is tried again within this. */
const LISTEN_RETRY_MS = 20_000;
/** Enough for three sweeps on a slow machine. */
const TEST_TIMEOUT_MS = 240_000;

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

/** Inserts and edits a block, and expects that only a sweep found it. */
async function expectSwept(worker: TestWorker): Promise<void> {
  const id = await insertBlock(db, { content: 'not announced' });
  await expectEmbedded(db, id, 'not announced', { timeoutMs: sweptMs(worker) });
  await editBlock(db, id, { content: 'and edited' });
  await db.untilRow(
    `SELECT embedding_status AS status FROM blocks WHERE id::text = $1`,
    [id],
    ({ status }) => status === 'completed',
    sweptMs(worker),
  );
  expect(worker.events.seen.bridged).toEqual([]);
}

/** Inserts blocks until a notification of one arrives: a running sweep may find the first ones. */
async function expectNotified(worker: TestWorker): Promise<void> {
  const arrived = await poll(LISTEN_RETRY_MS, async () => {
    const id = await insertBlock(db, { content: 'announced' });
    await expectEmbedded(db, id, 'announced');
    return worker.events.seen.bridged.length > 0 ? true : undefined;
  });
  expect(arrived).toBe(true);
}

describeWithServer('a leader whose LISTEN is rejected', () => {
  let front: RejectingProxy;
  useDatabase();
  beforeEach(async () => {
    front = await RejectingProxy.start(db.url, LISTEN);
  });
  afterEach(() => front.stop());
  const start = () => startWorker(db, ollama, { PALDOCS_LISTEN_DATABASE_URL: front.url });

  it(
    'finds edits by sweeping more often',
    async () => {
      await expectSwept(await start());
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'logs one warning with a fix, and keeps trying',
    async () => {
      const worker = await start();
      const refused = front.rejected;
      for (const sweeps of [2, 3, 4]) {
        await worker.events.until(({ seen }) => seen.swept.length >= sweeps, sweptMs(worker));
      }
      expect(front.rejected).toBeGreaterThan(refused);
      expect(warnings(worker, DOWN)).toEqual([
        expect.objectContaining({
          fields: expect.objectContaining({ fix: expect.stringContaining('PALDOCS_LISTEN') as string }) as object,
        }),
      ]);
      expect(worker.events.seen.leading).toEqual([{ leader: true }]);
    },
    TEST_TIMEOUT_MS,
  );

  it('reports that it leads but does not listen', async () => {
    const worker = await start();
    expect(await metric(worker, 'embedding_listener_up')).toBe('0');
    expect(await metric(worker, 'embedding_leader')).toBe('1');
    const [row] = await db.query<{ name: string }>(
      `SELECT application_name AS name FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'embedding-worker % L %'`,
    );
    expect(row?.name).toMatch(/ L \S+ n10$/);
  });

  it('receives notifications again once LISTEN is accepted', async () => {
    const worker = await start();
    front.reject();
    await worker.events.until((events) => events.seen.listening.at(-1)?.up === true, LISTEN_RETRY_MS);
    expect(await metric(worker, 'embedding_listener_up')).toBe('1');
    await expectNotified(worker);
  });

  it(
    'takes over from a leader that could not listen either',
    async () => {
      const first = await start();
      const second = await startFollower(db, ollama, { PALDOCS_LISTEN_DATABASE_URL: front.url });
      await first.stop();
      await second.events.until(({ seen }) => seen.leading.at(-1)?.leader === true);
      await expectSwept(second);
    },
    TEST_TIMEOUT_MS,
  );
});

describeWithServer('a database that does not end idle sessions', () => {
  useDatabase();

  it('is used, with one warning about the lease', async () => {
    const front = await RejectingProxy.start(db.url, IDLE_TIMEOUT);
    const worker = await startWorker(db, ollama, { PALDOCS_LISTEN_DATABASE_URL: front.url });
    await expectNotified(worker);
    expect(warnings(worker, NO_IDLE_TIMEOUT)).toHaveLength(1);
    await stopWorkers();
    await front.stop();
  });
});

describeWithServer('a leader behind a pooler', () => {
  describeWithProgram('pgbouncer', 'in transaction mode', () => {
    let bouncer: PgBouncer;
    useDatabase();
    beforeAll(async () => {
      bouncer = await PgBouncer.start(db.url);
    });
    afterAll(() => bouncer.stop());

    it(
      'notices that notifications do not arrive, and finds edits by sweeping',
      async () => {
        const url = new URL(db.url);
        url.port = String(bouncer.port);
        const worker = await startWorker(db, ollama, { PALDOCS_LISTEN_DATABASE_URL: url.href });
        await worker.events.until(() => notificationsDown(worker), 75_000);
        expect(warnings(worker, DOWN)).toHaveLength(1);
        await expectSwept(worker);
      },
      TEST_TIMEOUT_MS,
    );
  });
});
