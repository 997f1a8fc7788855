import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createAuthority, type Authority } from '../support/certificates.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertNote } from '../support/fixtures.js';
import { poll } from '../support/poll.js';
import type { TestDatabase } from '../support/test-database.js';
import { startTlsFront, type TlsFront } from '../support/tls-front.js';
import { expectEmbedded, untilStatus } from '../support/worker-blocks.js';
import { get } from '../support/worker-http.js';
import { workerEnvironment, type WorkerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';
import { createRole, grant, type WorkerRole } from '../support/worker-role.js';

/** Contain characters that a URL must percent-encode: both forms are searched for. */
const DATABASE_PASSWORD = 'cAnary/db@1:%';
const OLLAMA_PASSWORD = 'cAnary/ollama#2?';
const TOKEN = 'cAnary.token-3';
const TEXT = 'cAnary text of a block';
const TITLE = 'cAnary title of a note';

const SECRETS = [DATABASE_PASSWORD, OLLAMA_PASSWORD, TOKEN].flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  encodeURI(secret),
  JSON.stringify(secret).slice(1, -1),
  Buffer.from(secret).toString('base64').slice(0, -3),
  Buffer.from(`someone:${secret}`).toString('base64').slice(0, -3),
]);

describeWithServer('the output of the program', () => {
  let ollama: StandIn;
  let authority: Authority;
  let front: TlsFront;
  let db: TestDatabase;
  let role: WorkerRole;
  beforeAll(async () => {
    [ollama, authority] = await Promise.all([startStandIn(), createAuthority('canary')]);
    front = await startTlsFront(ollama.url, await authority.issue('IP:127.0.0.1'));
  });
  beforeEach(async () => {
    db = await createDatabase();
    role = await createRole(db, DATABASE_PASSWORD);
    await grant(db, role, 'role.sql');
  });
  afterEach(async () => {
    ollama.faults.clear();
    front.authorization = undefined;
    front.quotes = false;
    await killProcesses();
    await role.drop();
  });
  afterAll(async () => {
    await Promise.all([front.stop(), ollama.stop(), authority.remove()]);
  });

  const ollamaUrl = () => front.url.replace('://', `://someone:${encodeURIComponent(OLLAMA_PASSWORD)}@`);
  const environment = (variables: WorkerEnvironment = {}): WorkerEnvironment =>
    workerEnvironment(role, { url: ollamaUrl() }, { PALDOCS_OLLAMA_CA_FILE: authority.caFile, ...variables });
  const withToken = { PALDOCS_OLLAMA_TOKEN: TOKEN };

  /** Runs a command to its end and returns all its output. */
  async function said(variables: WorkerEnvironment, ...args: string[]): Promise<string> {
    const command = WorkerProcess.start(environment(variables), ...args);
    await command.untilEnd(60_000);
    return everything(command);
  }

  function everything(worker: WorkerProcess): string {
    return [...worker.stdout, ...worker.stderr].join('\n');
  }

  /** Checks that there is output at all, because an empty one holds no secret either. */
  function expectNothingTold(output: string, spoken: RegExp, beside: readonly string[] = [TEXT, TITLE]): void {
    expect(output).toMatch(spoken);
    for (const secret of [...SECRETS, ...beside]) expect(output).not.toContain(secret);
    // In any form: only what was allowed above may hold the word.
    const allowed = [TEXT, TITLE].filter((one) => !beside.includes(one));
    const rest = allowed.reduce((text, one) => text.replaceAll(one, ''), output);
    expect(rest).not.toMatch(/c(%41|A)nary/i);
  }

  it('holds no secret and no text: at work, on failures and lost connections, and in every command', async () => {
    const worker = WorkerProcess.start(environment({ PALDOCS_RETRY_LIMIT: '0' }));
    const url = await worker.untilWorking();
    const noteId = await insertNote(db, TITLE);
    const id = await insertBlock(db, { noteId, type: 'heading', content: TEXT });
    await expectEmbedded(db, id, `${TITLE} > ${TEXT}`);
    ollama.faults.add({ preset: 'nan', text: 'broken' });
    const broken = await insertBlock(db, { noteId, content: `broken ${TEXT}` });
    await untilStatus(db, broken, 'error', 30_000);
    const names = await db.query<{ name: string }>(
      `SELECT application_name AS name FROM pg_stat_activity WHERE usename = $1`,
      [role.name],
    );
    expect(names.length).toBeGreaterThan(1);
    expectNothingTold(names.map(({ name }) => name).join('\n'), /embedding-worker/);

    for (const path of ['/healthz', '/readyz', '/metrics', '/nothing']) {
      expectNothingTold((await get(`${url}${path}`)).text, /./);
    }
    for (const args of [['status'], ['doctor'], ['backfill', '--dry-run', '--all']]) {
      expectNothingTold(await said({}, ...args), /\w/);
      expectNothingTold(await said({}, ...args, '--json'), /\{/);
    }
    // These commands show the blocks on purpose.
    expectNothingTold(await said({}, 'errors'), /OLLAMA_NAN/, [TEXT]);
    expectNothingTold(await said({}, 'search', 'anything'), new RegExp(TITLE), []);
    expectNothingTold(await said({}, 'retry', '--all', '--json'), /requeued/);

    ollama.faults.clear();
    ollama.faults.add({ preset: 'refuse' });
    const timesHeld = () => worker.lines.filter(({ message }) => message.includes('paused until')).length;
    const before = timesHeld(); // the failing text has closed the gate as well
    await insertBlock(db, { noteId, content: `outage ${TEXT}` });
    expect(await poll(10_000, () => Promise.resolve(timesHeld() > before ? true : undefined))).toBe(true);
    await db.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [role.name]);
    await worker.untilLogged('lost the listening session');
    worker.kill('SIGTERM');
    await worker.untilEnd();
    expectNothingTold(everything(worker), /block failed permanently/);
  });

  it.each<[string, () => WorkerEnvironment, RegExp]>([
    [
      'a wrong password',
      () => ({ PALDOCS_DATABASE_URL: role.url.replace('%25@', '%26@') }),
      /the server refuses the password/,
    ],
    ['no such database', () => ({ PALDOCS_DATABASE_URL: `${role.url}x` }), /no database of that name/],
    ['refused TLS', () => ({ PALDOCS_DATABASE_URL: `${role.url}?sslmode=verify-full` }), /offers no TLS/],
    [
      'a wrong password for the session that listens',
      () => ({ PALDOCS_LISTEN_DATABASE_URL: role.url.replace('%25@', '%26@') }),
      /PALDOCS_LISTEN_DATABASE_URL: .*the server refuses the password/,
    ],
    [
      'variables that contradict each other',
      () => withToken,
      /PALDOCS_OLLAMA_TOKEN: PALDOCS_OLLAMA_URL already contains/,
    ],
    ['a malformed URL', () => ({ PALDOCS_OLLAMA_URL: `someone:${OLLAMA_PASSWORD}@ollama` }), /PALDOCS_OLLAMA_URL: /],
    [
      'a password that is not percent-encoded',
      () => ({ PALDOCS_DATABASE_URL: `postgresql://worker:${DATABASE_PASSWORD}@db/paldocs` }),
      /PALDOCS_DATABASE_URL: /,
    ],
    ['a port that is taken', () => ({ PALDOCS_HEALTH_PORT: new URL(front.url).port }), /PALDOCS_HEALTH_PORT/],
  ])('holds no secret when it ends for %s', async (_, variables, spoken) => {
    expectNothingTold(await said(variables(), 'worker'), spoken);
    expectNothingTold(await said(variables(), 'doctor'), /\w/);
  });

  it('holds no secret while the database cannot be reached', async () => {
    const url = new URL(role.url);
    url.port = '1';
    const variables = { PALDOCS_DATABASE_URL: url.href };
    expectNothingTold(await said(variables, 'doctor'), /cannot be reached \(ECONNREFUSED\)/);
    const worker = WorkerProcess.start(environment(variables));
    await worker.untilLogged('cannot reach the database yet');
    worker.kill('SIGTERM');
    await worker.untilEnd();
    expectNothingTold(everything(worker), /stopped before startup finished/);
  });

  it.each<[string, () => WorkerEnvironment]>([
    ['basic credentials', () => ({})],
    ['a token', () => ({ ...withToken, PALDOCS_OLLAMA_URL: front.url })],
  ])('holds no secret when Ollama refuses %s and quotes them and the text', async (_, variables) => {
    front.authorization = 'none will do';
    front.quotes = true;
    const worker = WorkerProcess.start(environment(variables()));
    await worker.untilWorking();
    await insertBlock(db, { content: TEXT });
    await worker.untilLogged('Ollama is misconfigured; paused until it is fixed');
    expectNothingTold(everything(worker), /OLLAMA_UNAUTHORIZED.*you sent \*\*\*/);
    for (const command of ['doctor', 'status']) expectNothingTold(await said(variables(), command), /\w/);
    expectNothingTold(await said(variables(), 'search', TEXT), /Ollama answered 401/);
  });

  it('holds no secret when Ollama’s certificate is refused', async () => {
    const worker = WorkerProcess.start(workerEnvironment(role, { url: ollamaUrl() }));
    await worker.untilWorking();
    await insertBlock(db, { content: TEXT });
    await worker.untilLogged('Ollama is misconfigured; paused until it is fixed');
    expectNothingTold(everything(worker), /OLLAMA_CERTIFICATE/);
  });

  it.each([
    ['an exception', 'throw Object.assign(new Error("boom\\nforged"), { env: process.env })'],
    ['a rejection', 'void Promise.reject(Object.assign(new Error("boom\\nforged"), { env: process.env }))'],
  ])('is one line without a secret for %s that nothing catches', async (_, crash) => {
    const script = `process.on("SIGUSR2", () => { ${crash} })`;
    const worker = WorkerProcess.start(
      environment({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` }),
    );
    await worker.untilWorking();
    worker.kill('SIGUSR2');
    expect(await worker.untilEnd()).toMatchObject({ status: 1 });
    expectNothingTold(
      everything(worker),
      /embedding-worker: unexpected failure: \{"name":"Error","message":"boom\\nforged"/,
    );
    expect(worker.stderr.filter((line) => !line.startsWith('{'))).toHaveLength(1);
  });
});
