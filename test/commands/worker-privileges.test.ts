import { PgBoss } from 'pg-boss';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { expectEmbedded } from '../support/worker-blocks.js';
import { workerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, run, WorkerProcess } from '../support/worker-process.js';

const PASSWORD = 'n0t-to-be-told';

describeWithServer('a worker whose role', () => {
  let ollama: StandIn;
  let db: TestDatabase;
  let role: string;
  beforeAll(async () => {
    ollama = await startStandIn();
  });
  beforeEach(async () => {
    db = await createDatabase();
    role = `role_${db.name}`;
    await db.query(`CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'`);
  });
  afterEach(async () => {
    await killProcesses();
    await db.query(`DROP OWNED BY ${role} CASCADE`);
    await db.query(`DROP ROLE ${role}`);
  });
  afterAll(() => ollama.stop());

  const environment = () => {
    const url = new URL(db.url);
    url.username = role;
    url.password = PASSWORD;
    return workerEnvironment({ url: url.href }, ollama);
  };

  /** The statements that a message offers. */
  const grantsIn = (output: string) => output.match(/GRANT [^;\n]+/g) ?? [];

  const ALL = [
    'GRANT SELECT ON blocks TO ROLE',
    'GRANT SELECT ON notes TO ROLE',
    'GRANT UPDATE (embedding, embedding_status) ON blocks TO ROLE',
  ];

  it.each([
    [
      'may do nothing',
      [],
      [/^GRANT SELECT ON .*blocks/, /^GRANT SELECT ON .*notes/, /^GRANT UPDATE \("embedding", "emb/],
    ],
    [
      'may not write the two columns',
      ALL.slice(0, 2),
      [/^GRANT UPDATE \("embedding", "embedding_status"\) ON .*blocks/],
    ],
    ['may not read notes', [ALL[0], ALL[2]], [/^GRANT SELECT ON .*notes/]],
    ['may not read blocks', ALL.slice(1), [/^GRANT SELECT ON .*blocks/]],
  ] as [string, string[], RegExp[]][])(
    '%s names the privileges it lacks and the SQL that grants them',
    async (_, granted, offered) => {
      for (const grant of granted) await db.query(grant.replace('ROLE', role));
      const { status, output } = await run(environment());
      const grants = grantsIn(output);
      expect(grants).toHaveLength(offered.length);
      for (const [index, grant] of grants.entries()) expect(grant).toMatch(offered[index] ?? /never/);
      expect(output).toContain(`the role ${role} lacks privileges`);
      expect(status).toBe(2);
      expect(output).not.toContain(PASSWORD);
    },
  );

  it('has exactly the privileges that the message names, and a schema for pg-boss, works', async () => {
    const { output } = await run(environment());
    for (const grant of grantsIn(output)) await db.query(grant);
    await db.query(`CREATE SCHEMA pgboss AUTHORIZATION ${role}`);
    const worker = WorkerProcess.start(environment());
    await worker.untilWorking();
    const id = await insertBlock(db, { content: 'least privilege' });
    await expectEmbedded(db, id, 'least privilege');
    worker.kill('SIGTERM');
    expect(await worker.untilEnd()).toMatchObject({ status: 0 });
  });

  it('may not create a schema for pg-boss says so, with the SQL that fixes it', async () => {
    for (const grant of ALL) await db.query(grant.replace('ROLE', role));
    const { status, output } = await run(environment());
    expect(output).toMatch(/pgboss/);
    expect(output).toMatch(/GRANT CREATE ON DATABASE|CREATE SCHEMA/);
    expect(status).toBe(2);
  });
});

describeWithServer('a worker whose queue has another policy', () => {
  it.each(['standard', 'short', 'stately'] as const)('(%s) says so and ends with status 2', async (policy) => {
    const ollama = await startStandIn();
    const db = await createDatabase();
    const boss = new PgBoss({ connectionString: db.url, supervise: false, schedule: false });
    boss.on('error', () => undefined);
    await boss.start();
    await boss.createQueue('embed-block', { policy });
    await boss.stop({ graceful: false });
    const { status, output } = await run(workerEnvironment(db, ollama));
    expect(output).toContain(`the queue embed-block in schema pgboss has the policy ${policy}, not exclusive`);
    expect(status).toBe(2);
    await ollama.stop();
  });
});
