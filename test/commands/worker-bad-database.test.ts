import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { workerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, run, type Run } from '../support/worker-process.js';
import { SCHEMA_CASES } from '../support/worker-schema-cases.js';

/** A server that is just starting gets 30 s. */
const PATIENCE_MS = 60_000;
const PASSWORD = 'n0t-to-be-told';

// Started first: each waits 30 s for its unreachable database while the other tests run.
const unreachable = new Map<string, Promise<Run>>();
const connections = new Set<Socket>();
let mute: Server;

beforeAll(async () => {
  mute = createServer((socket) => {
    connections.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const { port } = mute.address() as AddressInfo;
  for (const [name, host] of [
    ['nobody listens', '127.0.0.1:1'],
    ['no host has that name', 'no-such-host.invalid:5432'],
    ['nobody answers', `127.0.0.1:${port}`],
  ] as const) {
    const environment = {
      PALDOCS_DATABASE_URL: `postgresql://worker:${PASSWORD}@${host}/paldocs`,
      PALDOCS_HEALTH_PORT: '0',
    };
    const ended = run(environment, ['worker'], PATIENCE_MS);
    ended.catch(() => undefined); // its test awaits it
    unreachable.set(name, ended);
  }
});

afterAll(async () => {
  await killProcesses();
  for (const socket of connections) socket.destroy();
  await new Promise((resolve) => mute.close(resolve));
});

describeWithServer('a worker on a database that', () => {
  let ollama: StandIn;
  beforeAll(async () => {
    ollama = await startStandIn();
  });
  afterAll(() => ollama.stop());

  it.each(SCHEMA_CASES)(
    '$name names the fix and ends with status 2',
    async ({ variant, sql, environment, message }) => {
      const db = await createDatabase(variant);
      if (sql !== undefined) await db.query(sql);
      const { status, output } = await run(workerEnvironment(db, ollama, environment));
      expect(output).toMatch(message);
      expect(status).toBe(2);
      expect(output).not.toContain(new URL(db.url).password || 'no password');
      expect(output).not.toMatch(/^\s+at /m);
    },
  );

  it('it refuses is left unchanged', async () => {
    const db = await createDatabase();
    const id = await insertBlock(db, { content: 'untouched' });
    await db.query(
      'CREATE TRIGGER eager BEFORE UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION queue_block_embedding()',
    );
    const before = await db.query('SELECT xmin, * FROM blocks WHERE id = $1', [id]);
    expect(await run(workerEnvironment(db, ollama))).toMatchObject({ status: 2 });
    expect(await db.query('SELECT xmin, * FROM blocks WHERE id = $1', [id])).toEqual(before);
    expect(await db.query(`SELECT FROM pg_namespace WHERE nspname = 'pgboss'`)).toEqual([]);
  });
});

describe('a worker whose database cannot be reached', () => {
  it.each([
    ['nobody listens', /127\.0\.0\.1:1\/paldocs cannot be reached \(ECONNREFUSED\)/],
    ['no host has that name', /no-such-host\.invalid:5432\/paldocs cannot be reached \((ENOTFOUND|EAI_AGAIN)\)/],
    ['nobody answers', /127\.0\.0\.1:\d+\/paldocs cannot be reached/],
  ])(
    '(%s) retries for a while, names the address, and ends with status 1',
    async (name, message) => {
      const ended = await unreachable.get(name);
      expect(ended?.output).toMatch(message);
      expect(ended?.output).toMatch(/PALDOCS_DATABASE_URL/);
      expect(ended?.output).toContain('retrying');
      expect(ended?.output).not.toContain(PASSWORD);
      expect(ended?.status).toBe(1);
    },
    PATIENCE_MS,
  );
});
