import { once } from 'node:events';
import { connect } from 'node:net';
import { Registry } from 'prom-client';
import { HealthServer, MAX_CONNECTIONS, MAX_REQUESTS_PER_CONNECTION } from '../../src/monitoring/health-server.js';
import { Watchdog } from '../../src/monitoring/watchdog.js';
import { HttpAttack } from '../support/http-attack.js';
import { poll } from '../support/poll.js';
import { get } from '../support/worker-http.js';
import { MemoryLog } from '../support/worker-log.js';

describe('the HTTP port', () => {
  let server: HealthServer;
  let asked: number;
  let answer: PromiseWithResolvers<undefined> | undefined;
  beforeEach(async () => {
    asked = 0;
    answer = undefined;
    server = new HealthServer({
      port: 0,
      registry: new Registry(),
      watchdog: new Watchdog(),
      readiness: async () => {
        asked += 1;
        await answer?.promise;
        return { database: { ok: true } };
      },
      log: new MemoryLog(),
    });
    await server.start();
  });
  afterEach(() => server.stop());
  const url = (path: string) => `http://127.0.0.1:${server.port}${path}`;

  /** Sends bytes and returns everything received until the server closes the connection. */
  async function exchange(bytes: string | Buffer): Promise<string> {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(bytes);
    let received = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (received += chunk));
    await new Promise((resolve) => socket.once('close', resolve)); // normally, or by a reset because it sent too much
    return received;
  }

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'])('rejects %s', async (method) => {
    for (const path of ['/healthz', '/readyz', '/metrics', '/']) {
      const response = await fetch(url(path), { method, headers: { connection: 'close' } });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('GET, HEAD');
      await response.arrayBuffer();
    }
  });

  it.each<[string, string | Buffer, RegExp]>([
    ['bytes that are not HTTP', Buffer.from([0, 1, 2, 255, 254, 10, 13, 0]), /^HTTP\/1\.1 400 /],
    ['a TLS greeting', Buffer.from('16030100c8010000c40303', 'hex'), /^HTTP\/1\.1 400 /],
    ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^(HTTP\/1\.1 (400|405) |$)/],
    ['headers of 1 MB', `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(1_000_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    ['a path of 100 kB', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, /^HTTP\/1\.1 431 /],
    ['two lengths', 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', /^HTTP\/1\.1 400 /],
    [
      'a length and chunks',
      'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
    ['CONNECT', 'CONNECT db:5432 HTTP/1.1\r\nHost: db\r\n\r\n', /^$/],
    [
      'an upgrade',
      'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n\r\n',
      /^HTTP\/1\.1 200 /,
    ],
  ])('survives %s', async (_, bytes, answered) => {
    expect(await exchange(bytes)).toMatch(answered);
    expect(await get(url('/healthz'))).toMatchObject({ status: 200 });
  });

  it('closes connections that send nothing, incomplete headers, or an incomplete body', async () => {
    const started = performance.now();
    await Promise.all([
      exchange(''),
      exchange('GET /healthz HTTP/1.1\r\nHost: x\r\n'),
      exchange('GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx'),
    ]);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('answers the maximum number of requests on a connection, then closes it', async () => {
    const all = await exchange('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1_000));
    expect(all.match(/HTTP\/1\.1 200 /g)).toHaveLength(MAX_REQUESTS_PER_CONNECTION);
  });

  it('reads the readiness once for all concurrent requests', async () => {
    answer = Promise.withResolvers<undefined>();
    const together = exchange('GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(MAX_REQUESTS_PER_CONNECTION));
    const another = get(url('/readyz'));
    await poll(5_000, () => Promise.resolve(asked > 0 ? true : undefined));
    answer.resolve(undefined);
    expect((await together).match(/HTTP\/1\.1 200 /g)).toHaveLength(MAX_REQUESTS_PER_CONNECTION);
    expect(await another).toMatchObject({ status: 200 });
    expect(asked).toBeLessThanOrEqual(3);
    await get(url('/readyz'));
    expect(asked).toBeGreaterThan(1); // a result is not reused later
  });

  it('closes the connection that has been silent longest when there are too many', async () => {
    const first = connect(server.port, '127.0.0.1');
    await once(first, 'connect');
    const closed = once(first, 'close');
    first.on('error', () => undefined);
    const attack = await HttpAttack.start(server.port, { sockets: MAX_CONNECTIONS });
    try {
      await closed;
      expect(await get(url('/healthz'))).toMatchObject({ status: 200 });
    } finally {
      await attack.stop();
    }
  });
});
