import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createAuthority, type Authority } from '../support/certificates.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithCluster, describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { offerTls } from '../support/server-tls.js';
import type { TestDatabase } from '../support/test-database.js';
import { expectEmbedded, untilIdle } from '../support/worker-blocks.js';
import { workerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, run, WorkerProcess } from '../support/worker-process.js';
import { runCli } from './cli.js';

const PASSWORD = /:[^:@/]+@/;

describeWithCluster('a worker whose PostgreSQL speaks TLS', (own) => {
  let ollama: StandIn;
  let ours: Authority;
  let other: Authority;
  let db: TestDatabase;
  beforeAll(async () => {
    [ollama, ours, other] = await Promise.all([startStandIn(), createAuthority('ours'), createAuthority('other')]);
    await offerTls(own(), await ours.issue('DNS:localhost,IP:127.0.0.1'));
    db = await createDatabase({}, own().server);
  });
  afterEach(killProcesses);
  afterAll(async () => {
    await ollama.stop();
    await Promise.all([ours.remove(), other.remove()]);
  });

  const url = (parameters: string) => `${db.url}?${parameters}`;
  const verified = () => url(`sslmode=verify-full&sslrootcert=${ours.caFile}`);
  const environment = (variables: Record<string, string>) => workerEnvironment(db, ollama, variables);

  it.each([
    ['PALDOCS_DATABASE_URL', () => ({ PALDOCS_DATABASE_URL: verified() })],
    [
      'PALDOCS_LISTEN_DATABASE_URL, too',
      () => ({ PALDOCS_DATABASE_URL: verified(), PALDOCS_LISTEN_DATABASE_URL: `${verified()}&application_name=x` }),
    ],
    ['sslmode=require', () => ({ PALDOCS_DATABASE_URL: url(`sslmode=require&sslrootcert=${ours.caFile}`) })],
  ])('works, all its connections being encrypted: %s', async (_, variables) => {
    const worker = WorkerProcess.start(environment(variables()));
    await worker.untilWorking();
    await expectEmbedded(db, await insertBlock(db, { content: 'in secret' }), 'in secret');
    const connections = await db.query<{ ssl: boolean }>(
      `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE datname = $1 AND pid <> pg_backend_pid() AND application_name NOT LIKE 'test%' AND backend_type = 'client backend'
          AND application_name ~ '^(embedding-worker|x)'`,
      [db.name],
    );
    expect(connections.length).toBeGreaterThan(1);
    expect(connections.filter(({ ssl }) => !ssl)).toEqual([]);
    worker.kill('SIGTERM');
    expect(await worker.untilEnd()).toMatchObject({ status: 0 });
    expect(worker.stderr.filter((line) => !line.startsWith('{'))).toEqual([]); // pg warns of modes that it will weaken
  });

  const NOT_VERIFIED: [string, () => string, RegExp][] = [
    [
      'of another authority',
      () => `sslmode=verify-full&sslrootcert=${other.caFile}`,
      /let sslrootcert in the URL name/,
    ],
    ['of no public authority', () => 'sslmode=verify-full', /let sslrootcert in the URL name/],
    ['of another authority (require)', () => `sslmode=require&sslrootcert=${other.caFile}`, /let sslrootcert/],
    ['of no public authority (ssl=true)', () => 'ssl=true', /let sslrootcert/],
  ];

  it.each(NOT_VERIFIED)('refuses a certificate %s, for each variable', async (_, parameters, mend) => {
    for (const variable of ['PALDOCS_DATABASE_URL', 'PALDOCS_LISTEN_DATABASE_URL']) {
      const { status, output } = await run(environment({ [variable]: url(parameters()) }));
      expect(output).toMatch(
        new RegExp(`${variable}: 127.0.0.1:\\d+/${db.name}: the server's certificate does not verify`),
      );
      expect(output).toMatch(mend);
      expect(output).not.toMatch(PASSWORD);
      expect(status).toBe(2);
    }
  });

  it('is told so by doctor, with what mends it', async () => {
    const doctor = await runCli(environment({ PALDOCS_DATABASE_URL: url('sslmode=verify-full') }), ['doctor']);
    expect(doctor.stdout).toMatch(
      /^✗ database .*the server's certificate does not verify \(\w+: .*\)\n +→ let sslrootcert in the URL name the file/m,
    );
    const listener = await runCli(environment({ PALDOCS_LISTEN_DATABASE_URL: url('sslmode=verify-full') }), ['doctor']);
    expect(listener.stdout).toMatch(/^✗ notifications .*the server's certificate does not verify/m);
  });

  it('takes any certificate only where it is told to, and warns of it', async () => {
    const worker = WorkerProcess.start(environment({ PALDOCS_DATABASE_URL: url('sslmode=no-verify') }));
    await worker.untilWorking();
    expect(await worker.untilLogged("the database's certificate is not verified")).toMatchObject({
      level: 'warn',
      variable: 'PALDOCS_DATABASE_URL',
    });
    const doctor = await runCli(environment({ PALDOCS_DATABASE_URL: db.url, PGSSLMODE: 'no-verify' }), ['doctor']);
    expect(doctor.stdout).toMatch(/^! database .*its certificate is not checked/m);
  });

  it('takes any certificate, and warns of it, where TLS is preferred', async () => {
    const worker = WorkerProcess.start(environment({ PALDOCS_DATABASE_URL: url('sslmode=prefer') }));
    await worker.untilWorking();
    expect(await worker.untilLogged("the database's certificate is not verified")).toMatchObject({ level: 'warn' });
    worker.kill('SIGTERM');
    await worker.untilEnd();
    expect(worker.lines.filter(({ message }) => message.includes('not encrypted'))).toEqual([]);
  });

  it('refuses a certificate for another host, and one that has expired', async () => {
    await offerTls(own(), await ours.issue('DNS:db.example'));
    const named = await run(environment({ PALDOCS_DATABASE_URL: verified() }));
    expect(named.output).toMatch(
      /PALDOCS_DATABASE_URL: .*ERR_TLS_CERT_ALTNAME_INVALID.*\n {2}fix: connect by a name that the certificate contains/,
    );
    expect(named.status).toBe(2);

    await offerTls(own(), await ours.issue('IP:127.0.0.1', 'past'));
    const expired = await run(environment({ PALDOCS_DATABASE_URL: verified() }));
    expect(expired.output).toMatch(/PALDOCS_DATABASE_URL: .*CERT_HAS_EXPIRED.*\n {2}fix: renew it on the server/);
    expect(expired.status).toBe(2);
    await offerTls(own(), await ours.issue('DNS:localhost,IP:127.0.0.1'));
  });

  it('that goes bad under a running worker is an outage, after which all goes on', async () => {
    const worker = WorkerProcess.start(environment({ PALDOCS_DATABASE_URL: verified() }));
    await worker.untilWorking();
    await offerTls(own(), await ours.issue('IP:127.0.0.1', 'past'));
    const id = await insertBlock(db, { content: 'meanwhile' });
    await worker.untilLogged('cannot open the listening session');
    await offerTls(own(), await ours.issue('IP:127.0.0.1'));
    await expectEmbedded(db, id, 'meanwhile', { timeoutMs: 40_000 });
    await untilIdle(db);
    expect(await db.query(`SELECT 1 FROM blocks WHERE embedding_status = 'error'`)).toEqual([]);
  });
});

describeWithServer('a worker whose PostgreSQL speaks no TLS', () => {
  afterEach(killProcesses);

  it.each(['prefer', 'allow'])('works without it where the URL says sslmode=%s, and warns of it once', async (mode) => {
    const [db, ollama] = await Promise.all([createDatabase(), startStandIn()]);
    const environment = workerEnvironment(db, ollama, { PALDOCS_DATABASE_URL: `${db.url}?sslmode=${mode}` });
    const worker = WorkerProcess.start(environment);
    await worker.untilWorking();
    await expectEmbedded(db, await insertBlock(db, { content: 'in the open' }), 'in the open');
    const doctor = await runCli(environment, ['doctor']);
    expect(doctor.stdout).toMatch(
      /^! database .*the connection is not encrypted[^\n]*\n +→ turn TLS on at the server/m,
    );
    worker.kill('SIGTERM');
    await worker.untilEnd();
    expect(worker.lines.filter(({ level }) => level === 'warn')).toEqual([
      expect.objectContaining({ message: expect.stringContaining('is not encrypted') as string }),
    ]);
    await ollama.stop();
  });

  it('ends with status 2 where it is told to use it, and says what mends it', async () => {
    const [db, ollama] = await Promise.all([createDatabase(), startStandIn()]);
    const { status, output } = await run(
      workerEnvironment(db, ollama, { PALDOCS_DATABASE_URL: `${db.url}?sslmode=verify-full` }),
    );
    expect(output).toMatch(/PALDOCS_DATABASE_URL: \S+ offers no TLS\n {2}fix: turn it on/);
    expect(status).toBe(2);
    await ollama.stop();
  });
});
