import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createAuthority, type Authority } from '../support/certificates.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { startForwardProxy, type ForwardProxy } from '../support/forward-proxy.js';
import type { TestDatabase } from '../support/test-database.js';
import { startTlsFront, type TlsFront } from '../support/tls-front.js';
import { expectEmbedded } from '../support/worker-blocks.js';
import { workerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';
import { runCli } from './cli.js';

describeWithServer('a worker whose embedding server is behind a proxy', () => {
  let ollama: StandIn;
  let authority: Authority;
  let front: TlsFront;
  let db: TestDatabase;
  let proxy: ForwardProxy;
  beforeAll(async () => {
    [ollama, authority] = await Promise.all([startStandIn(), createAuthority('ours')]);
    front = await startTlsFront(ollama.url, await authority.issue('IP:127.0.0.1'));
  });
  beforeEach(async () => {
    [db, proxy] = await Promise.all([createDatabase(), startForwardProxy()]);
  });
  afterEach(async () => {
    await killProcesses();
    await proxy.stop();
  });
  afterAll(async () => {
    await Promise.all([front.stop(), ollama.stop(), authority.remove()]);
  });

  const proxyUrl = () => proxy.url.replace('://', '://canary-user:canary-password@');

  it.each([
    ['HTTPS_PROXY', 'HTTP_PROXY', () => front, () => ({ PALDOCS_OLLAMA_CA_FILE: authority.caFile })],
    ['HTTP_PROXY', 'HTTPS_PROXY', () => ollama, () => ({})],
  ])('embeds through %s, and not through %s', async (used, other, server, variables) => {
    const environment = workerEnvironment(db, server(), {
      [used]: proxyUrl(),
      [other]: 'http://127.0.0.1:1',
      ...variables(),
    });
    const worker = WorkerProcess.start(environment);
    await worker.untilWorking();
    await expectEmbedded(db, await insertBlock(db, { content: 'through' }), 'through');
    expect(await runCli(environment, ['search', 'through'])).toMatchObject({ status: 0, stderr: '' });
    expect(proxy.asked.length).toBeGreaterThan(1);

    await proxy.stop();
    await insertBlock(db, { content: 'waits' });
    await worker.untilLogged('Ollama is failing; paused until a probe succeeds');
    const { stdout } = await runCli(environment, ['doctor']);
    expect(stdout).toContain(`Ollama cannot be reached through the proxy ${new URL(proxy.url).host} (ECONNREFUSED`);
    worker.kill('SIGTERM');
    await worker.untilEnd();
    expect([...worker.stdout, ...worker.stderr, stdout].join('\n')).not.toMatch(/canary/);
  });

  it('bypasses the proxy if NO_PROXY says so', async () => {
    const environment = workerEnvironment(db, ollama, { HTTP_PROXY: 'http://127.0.0.1:1', NO_PROXY: '127.0.0.0/8' });
    expect((await runCli(environment, ['doctor'])).stdout).toMatch(/^✓ ollama /m);
  });

  it('does not start with a malformed proxy URL, and does not print it', async () => {
    const environment = workerEnvironment(db, ollama, { HTTP_PROXY: 'socks5://me:canary@proxy' });
    const { status, stdout, stderr } = await runCli(environment, ['worker']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^embedding-worker: HTTP_PROXY: is not the URL of an HTTP proxy/);
    expect(stdout + stderr).not.toContain('canary');
  });
});
