import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createAuthority, type Authority } from '../support/certificates.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { startTlsFront, type TlsFront } from '../support/tls-front.js';
import { expectEmbedded, readBlock } from '../support/worker-blocks.js';
import { workerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';
import { runCli } from './cli.js';

const USER = 'em bed';
const PASSWORD = 'p@ss:w%rd/?';
const TOKEN = 'first.token-123';

describeWithServer('a worker whose Ollama speaks TLS', () => {
  let ollama: StandIn;
  let ours: Authority;
  let other: Authority;
  let front: TlsFront;
  let db: TestDatabase;
  let directory: string;
  beforeAll(async () => {
    [ollama, ours, other] = await Promise.all([startStandIn(), createAuthority('ours'), createAuthority('other')]);
    front = await startTlsFront(ollama.url, await ours.issue('IP:127.0.0.1'));
    directory = await mkdtemp(join(tmpdir(), 'embedding-worker-secret-'));
  });
  beforeEach(async () => {
    db = await createDatabase();
  });
  afterEach(async () => {
    await killProcesses();
    front.authorization = undefined;
  });
  afterAll(async () => {
    await Promise.all([front.stop(), ollama.stop(), ours.remove(), other.remove()]);
    await rm(directory, { recursive: true });
  });

  const withCredentials = () => {
    const url = new URL(front.url);
    url.username = encodeURIComponent(USER);
    url.password = encodeURIComponent(PASSWORD);
    return url.href;
  };
  const basic = () => `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
  const trusting = (variables: Record<string, string> = {}) =>
    workerEnvironment(db, front, { PALDOCS_OLLAMA_CA_FILE: ours.caFile, ...variables });

  it.each([
    ['no credentials', () => ({}), () => undefined],
    ['a user and a password in its URL', () => ({ PALDOCS_OLLAMA_URL: withCredentials() }), basic],
    ['a token', () => ({ PALDOCS_OLLAMA_TOKEN: TOKEN }), () => `Bearer ${TOKEN}`],
  ])('trusts the authority of PALDOCS_OLLAMA_CA_FILE, and sends %s', async (_, variables, authorization) => {
    front.authorization = authorization();
    const worker = WorkerProcess.start(trusting(variables()));
    await worker.untilWorking();
    await expectEmbedded(db, await insertBlock(db, { content: 'in secret' }), 'in secret');
    for (const args of [['doctor'], ['search', 'secret']]) {
      const { status, stdout } = await runCli(trusting(variables()), args);
      expect(stdout).not.toContain('✗');
      expect(status).toBe(0);
    }
  });

  it('takes up a token that is replaced in its file, without a restart', async () => {
    const file = join(directory, 'token');
    await writeFile(file, 'stale\n');
    front.authorization = `Bearer ${TOKEN}`;
    const worker = WorkerProcess.start(trusting({ PALDOCS_OLLAMA_TOKEN_FILE: file }));
    await worker.untilWorking();
    const id = await insertBlock(db, { content: 'rotated' });
    const complaint = await worker.untilLogged('Ollama is misconfigured; paused until it is fixed');
    expect(complaint['error']).toMatchObject({
      code: 'OLLAMA_UNAUTHORIZED',
      fix: expect.stringContaining('PALDOCS_OLLAMA_TOKEN') as string,
    });
    await writeFile(`${file}.new`, `${TOKEN}\n`);
    await rename(`${file}.new`, file);
    await expectEmbedded(db, id, 'rotated');
    await rm(file); // what is gone for a moment is not forgotten
    await expectEmbedded(db, await insertBlock(db, { content: 'again' }), 'again');
  });

  it.each<[string, () => Promise<[string, Record<string, string>]>, RegExp, RegExp]>([
    [
      'of another authority',
      () => Promise.resolve([front.url, { PALDOCS_OLLAMA_CA_FILE: other.caFile }]),
      /UNABLE_TO_VERIFY/,
      /^let PALDOCS_OLLAMA_CA_FILE name the file of the authority/,
    ],
    [
      'of no public authority',
      () => Promise.resolve([front.url, {}]),
      /UNABLE_TO_VERIFY/,
      /^let PALDOCS_OLLAMA_CA_FILE name the file/,
    ],
    [
      'for another host',
      () => Promise.resolve([front.url.replace('127.0.0.1', 'localhost'), { PALDOCS_OLLAMA_CA_FILE: ours.caFile }]),
      /ERR_TLS_CERT_ALTNAME_INVALID/,
      /^connect by a name that the certificate contains/,
    ],
    [
      'that has expired',
      async () => {
        const expired = await startTlsFront(ollama.url, await ours.issue('IP:127.0.0.1', 'past'));
        fronts.push(expired);
        return [expired.url, { PALDOCS_OLLAMA_CA_FILE: ours.caFile }];
      },
      /CERT_HAS_EXPIRED/,
      /^renew it on the server/,
    ],
  ])('refuses a certificate %s: blocks wait, and log and doctor say what mends it', async (_, make, found, fix) => {
    const [url, variables] = await make();
    const before = ollama.stats.requests;
    const environment = workerEnvironment(db, { url }, variables);
    const worker = WorkerProcess.start(environment);
    await worker.untilWorking();
    const id = await insertBlock(db);
    const complaint = await worker.untilLogged('Ollama is misconfigured; paused until it is fixed');
    expect(complaint['error']).toMatchObject({
      code: 'OLLAMA_CERTIFICATE',
      message: expect.stringMatching(/^Ollama's certificate does not verify/) as string,
      fix: expect.stringMatching(fix) as string,
    });
    expect(JSON.stringify(complaint)).toMatch(found);
    expect(await readBlock(db, id)).toMatchObject({ vector: null });
    expect(ollama.stats.requests).toBe(before);
    const doctor = await runCli(environment, ['doctor']);
    expect(doctor.stdout).toMatch(/^✗ ollama +Ollama's certificate does not verify \(.*\)\n +→ \w+/m);
    expect(doctor.status).toBe(1);
  });
  const fronts: TlsFront[] = [];
  afterAll(() => Promise.all(fronts.map((one) => one.stop())));
});
