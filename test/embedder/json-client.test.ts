import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { queryObjects } from 'node:v8';
import { JsonClient, type ServerAddress } from '../../src/embedder/json-client.js';
import { OLLAMA } from '../../src/embedder/ollama-dialect.js';
import { freeBuffer } from '../../src/base/free-buffer.js';
import { VERSION } from '../../src/base/version.js';
import { startRawServer } from '../support/raw-server.js';

const trickle: RequestListener = ({ socket }, response) => {
  const timer = setInterval(() => response.write(' '), 20);
  socket.on('close', () => {
    clearInterval(timer);
  });
};

const DRAINED = new Error('drained');

/** Sends as fast as the client reads. */
function endless(response: ServerResponse): void {
  const chunk = Buffer.alloc(1024 * 1024, ' ');
  const write = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', write);
  write();
}

type Credentials = Pick<ServerAddress, 'token'> & { readonly credentials?: string };
const bearer: Credentials = { token: () => 'abc' };

describe('the client', () => {
  let server: Server;
  let listener: RequestListener;
  const clients: JsonClient[] = [];
  const seen: IncomingMessage[] = [];
  /** Client ports of the requests: each connection has its own. */
  const ports: (number | undefined)[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      seen.push(request);
      ports.push(request.socket.remotePort);
      request.resume().on('end', () => {
        listener(request, response);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(() => {
    seen.length = 0;
    ports.length = 0;
    listener = (_, response) => response.end('{"ok":true}');
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  const at = (path = '', credentials = '') =>
    `http://${credentials}127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  function client(options: Partial<ServerAddress> = {}): JsonClient {
    const made = new JsonClient({ url: at(), timeoutMs: 10_000, connections: 1, ...options }, OLLAMA);
    clients.push(made);
    return made;
  }
  const never = new AbortController().signal;

  it('leaks nothing after a request', async () => {
    const http = client({ timeoutMs: 300_000 });
    const ask = () => http.send('GET', '/', undefined, new AbortController().signal);
    await ask();
    const before = queryObjects(AbortSignal, { format: 'count' });
    for (let n = 0; n < 50; n++) await ask();
    expect(queryObjects(AbortSignal, { format: 'count' }) - before).toBeLessThan(10);
  });

  it.each([
    ['', '/api/embed'],
    ['/', '/api/embed'],
    ['/ollama', '/ollama/api/embed'],
    ['/a/b/', '/a/b/api/embed'],
  ])('puts the URL’s path "%s" before the request’s: %s', async (path, asked) => {
    await client({ url: at(path) }).send('POST', '/api/embed', {}, never);
    expect(seen.map(({ url }) => url)).toEqual([asked]);
  });

  it.each<[string, Credentials, string | undefined]>([
    ['no credentials', {}, undefined],
    ['those of its URL, decoded', { credentials: 'me:p%40ss@' }, `Basic ${Buffer.from('me:p@ss').toString('base64')}`],
    ['a token', bearer, 'Bearer abc'],
    ['a token before those of its URL', { ...bearer, credentials: 'me:pass@' }, 'Bearer abc'],
  ])('sends %s', async (_, { credentials, token }: Credentials, expected: string | undefined) => {
    await client({ url: at('', credentials), token }).send('GET', '/', undefined, never);
    expect(seen[0]?.headers.authorization).toBe(expected);
  });

  it('returns the response whatever its status', async () => {
    listener = (_, response) => response.writeHead(503, { 'retry-after': '7' }).end('{"error":"busy"}');
    expect(await client().send('POST', '/', {}, never)).toEqual({
      status: 503,
      bytes: Buffer.from('{"error":"busy"}'),
      retryAfter: '7',
    });
  });

  it('follows no redirect', async () => {
    listener = (_, response) => response.writeHead(302, { location: '/elsewhere' }).end();
    expect(await client().send('GET', '/', undefined, never)).toMatchObject({ status: 302 });
    expect(seen).toHaveLength(1);
  });

  it.each([
    ['sends nothing', () => undefined],
    ['sends a byte at a time without end', trickle],
  ])('times out on a server that %s', async (_, slow: RequestListener) => {
    listener = slow;
    await expect(client({ timeoutMs: 200 }).send('POST', '/', {}, never)).rejects.toMatchObject({
      code: 'OLLAMA_NO_ANSWER',
      message: 'Ollama did not answer (TIMEOUT: no answer within 0.2 s)',
      inputMayBeAtFault: true,
    });
  });

  it('rejects with the signal’s reason when aborted', async () => {
    const aborted = new AbortController();
    listener = () => {
      aborted.abort(new Error('drained'));
    };
    await expect(client().send('POST', '/', {}, aborted.signal)).rejects.toThrow('drained');
  });

  it('does not wait for a connection once aborted', async () => {
    const silent = createTcpServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const aborted = new AbortController();
    const http = client({ url: `https://127.0.0.1:${(silent.address() as AddressInfo).port}` });
    const sending = http.send('POST', '/', {}, aborted.signal);
    const [socket] = (await once(silent, 'connection')) as [Socket];
    let connecting = true;
    socket.resume().on('close', () => (connecting = false));
    aborted.abort(new Error('drained'));
    await expect(sending).rejects.toThrow('drained');
    expect(connecting).toBe(true);
    socket.destroy();
    silent.close();
    await once(silent, 'close');
  }, 5_000);

  it('gives up on a silent TLS handshake long before the request’s timeout', async () => {
    const silent = await startRawServer((socket) => socket.resume());
    const http = client({ url: `https://127.0.0.1:${silent.port}`, timeoutMs: 300_000 });
    await expect(http.send('POST', '/', {}, never)).rejects.toMatchObject({
      code: 'OLLAMA_UNREACHABLE',
      message: "Ollama cannot be reached (ETIMEDOUT: Timeout awaiting 'secureConnect' for 10000ms)",
      inputMayBeAtFault: false,
    });
    await silent.stop();
  }, 20_000);

  it.each<[string, RequestListener]>([
    [
      'has a content-length',
      (_, response) => response.writeHead(200, { 'content-length': String(65 * 1024 * 1024) }).write('{'),
    ],
    ['has none', (_, response) => endless(response)],
  ])('reads no more than 64 MB of a larger response that %s', async (_, large) => {
    listener = large;
    await expect(client().send('POST', '/', {}, never)).rejects.toMatchObject({
      code: 'OLLAMA_NO_ANSWER',
      message: 'Ollama did not answer (TOO_LARGE: its answer is larger than 64 MB)',
      inputMayBeAtFault: true,
    });
  });

  it('reads a response of 60 MB into memory that can be freed', async () => {
    const large = Buffer.alloc(60 * 1024 * 1024, ' ');
    listener = (_, response) => response.end(large);
    const { bytes } = await client().send('POST', '/', {}, never);
    expect(bytes.equals(large)).toBe(true);
    freeBuffer(bytes);
    expect(bytes.byteLength).toBe(0);
  });

  it('waits for the final response after informational ones', async () => {
    listener = (_, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.end('{"ok":true}');
    };
    expect(await client().send('GET', '/', undefined, never)).toMatchObject({ status: 200 });
  });

  it('sends its user agent and asks for no compression', async () => {
    await client().send('POST', '/', { input: ['ä'] }, never);
    expect(seen[0]?.headers).toMatchObject({
      'user-agent': `pal-e-embedding-worker/${VERSION}`,
      accept: 'application/json',
      'content-type': 'application/json',
      'content-length': '16',
    });
    expect(seen[0]?.headers).not.toHaveProperty('accept-encoding');
  });

  it('cancels requests in flight when it is closed', async () => {
    const http = client();
    const arrived = new Promise<void>((resolve) => (listener = () => resolve()));
    const sending = http.send('POST', '/', {}, never);
    await arrived;
    http.close();
    await expect(sending).rejects.toMatchObject({ code: 'OLLAMA_NO_ANSWER' });
  });

  it.each<[string, (aborted: AbortController) => RequestListener]>([
    ['before the response', (aborted) => () => aborted.abort(DRAINED)],
    [
      'in the middle of the response',
      (aborted) => (_, response) => {
        response.write('{');
        setImmediate(() => aborted.abort(DRAINED));
      },
    ],
  ])('closes the connection when it is aborted %s', async (_, make) => {
    const aborted = new AbortController();
    const abort = make(aborted);
    const closed = new Promise<void>((resolve) => {
      listener = (request, response) => {
        request.socket.on('close', () => resolve());
        abort(request, response);
      };
    });
    await expect(client().send('POST', '/', {}, aborted.signal)).rejects.toBe(DRAINED);
    await closed;
  });

  it('reports that the text may be at fault when the connection breaks', async () => {
    listener = ({ socket }) => socket.destroy();
    await expect(client().send('POST', '/', {}, never)).rejects.toMatchObject({ inputMayBeAtFault: true });
  });

  it('reports that the text is not at fault when the server is unreachable', async () => {
    const unreachable = client({ url: 'http://127.0.0.1:1' });
    await expect(unreachable.send('POST', '/', {}, never)).rejects.toMatchObject({
      code: 'OLLAMA_UNREACHABLE',
      inputMayBeAtFault: false,
    });
  });

  it('reuses a connection for the next request', async () => {
    const http = client();
    await http.send('GET', '/', undefined, never);
    await http.send('GET', '/', undefined, never);
    expect(new Set(ports).size).toBe(1);
  });

  it('opens a new connection if asked to, closes the idle ones, and reuses the new one', async () => {
    const http = client({ connections: 2 });
    await http.send('GET', '/', undefined, never);
    const closed = once(seen[0]?.socket as Socket, 'close');
    await http.send('GET', '/', undefined, never, 'new');
    await closed;
    await http.send('GET', '/', undefined, never);
    expect(ports[1]).not.toBe(ports[0]);
    expect(ports[2]).toBe(ports[1]);
  });

  it.each([
    ['400', 400],
    ['503', 503],
  ])('does not reuse a connection after status %s', async (_, status: number) => {
    const http = client();
    listener = (_request, response) => response.writeHead(status).end();
    await http.send('GET', '/', undefined, never);
    await http.send('GET', '/', undefined, never);
    expect(new Set(ports).size).toBe(2);
  });

  it('uses the connection that succeeded last first', async () => {
    const http = client({ connections: 2 });
    const answers: (() => void)[] = [];
    listener = (_, response) => answers.push(() => response.end('{}'));
    const [first, second] = [http.send('GET', '/1', undefined, never), http.send('GET', '/2', undefined, never)];
    while (answers.length < 2) await new Promise((resolve) => setImmediate(resolve));
    answers[1]?.();
    await (seen[1]?.url === '/2' ? second : first);
    answers[0]?.();
    await Promise.all([first, second]);
    listener = (_, response) => response.end('{}');
    await http.send('GET', '/3', undefined, never);
    expect(ports[2]).toBe(ports[0]);
  });

  it('puts nothing of the request into its errors', async () => {
    listener = ({ socket }) => socket.destroy();
    const failure: unknown = await client({ token: () => 'canary' })
      .send('POST', '/', { input: ['canary'] }, never)
      .catch((error: unknown) => error);
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('canary');
    expect((failure as Error).cause).toBeUndefined();
  });
});
