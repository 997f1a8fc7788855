import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { JsonClient, type ServerAddress } from '../../src/embedder/json-client.js';
import { OLLAMA } from '../../src/embedder/ollama-dialect.js';
import { createAuthority, type Authority } from '../support/certificates.js';
import { startForwardProxy, type ForwardProxy } from '../support/forward-proxy.js';
import { startRawServer } from '../support/raw-server.js';
import { startTlsFront, type TlsFront } from '../support/tls-front.js';

const CREDENTIALS = `me:${encodeURIComponent('p@ss/word')}@`;
const SENT = `Basic ${Buffer.from('me:p@ss/word').toString('base64')}`;
const DRAINED = new Error('drained');
const never = new AbortController().signal;

describe('the client behind a proxy', () => {
  let standIn: StandIn;
  let authority: Authority;
  let front: TlsFront;
  let ca: string;
  let proxy: ForwardProxy;
  const clients: JsonClient[] = [];
  beforeAll(async () => {
    [standIn, authority] = await Promise.all([startStandIn(), createAuthority('proxied')]);
    ca = await readFile(authority.caFile, 'utf8');
    front = await startTlsFront(standIn.url, await authority.issue('IP:127.0.0.1'));
  });
  beforeEach(async () => {
    proxy = await startForwardProxy();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await proxy.stop();
  });
  afterAll(async () => {
    await Promise.all([front.stop(), standIn.stop(), authority.remove()]);
  });

  function client(options: Partial<ServerAddress>): JsonClient {
    const proxied = proxy.url.replace('//', `//${CREDENTIALS}`);
    const made = new JsonClient(
      { url: standIn.url, proxy: proxied, timeoutMs: 10_000, connections: 1, ...options },
      OLLAMA,
    );
    clients.push(made);
    return made;
  }
  const secure = (options: Partial<ServerAddress> = {}) => client({ url: front.url, ca, ...options });
  const version = (http: JsonClient, signal = never) => http.send('GET', '/api/version', undefined, signal);

  it('requests the whole URL of a server without TLS from the proxy, over one connection', async () => {
    const http = client({});
    expect(await version(http)).toMatchObject({ status: 200 });
    expect(await version(http)).toMatchObject({ status: 200 });
    expect(proxy.asked).toEqual(Array(2).fill(`GET ${standIn.url}/api/version`));
    expect(proxy.authorizations).toEqual([SENT, SENT]);
  });

  it('sends the credentials of a server without TLS in headers, not in the URL', async () => {
    const received: IncomingMessage[] = [];
    proxy.refusal = (socket, request) => {
      received.push(request);
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
    };
    const url = 'http://you:s%40cret@ollama.example:8080/base/';
    await client({ url }).send('POST', '/api/embed', { input: ['x'] }, never);
    const { headers } = received[0] ?? {};
    expect(proxy.asked).toEqual(['POST http://ollama.example:8080/base/api/embed']);
    expect(headers).toMatchObject({
      host: 'ollama.example:8080',
      authorization: `Basic ${Buffer.from('you:s@cret').toString('base64')}`,
      'proxy-authorization': SENT,
      'content-length': '15',
    });
  });

  it('sends no credentials to a proxy whose URL has none', async () => {
    const { url } = proxy;
    await version(client({ proxy: url }));
    await version(secure({ proxy: url }));
    expect(proxy.authorizations).toEqual([undefined, undefined]);
  });

  it('opens one tunnel to a server with TLS, and verifies its certificate as without a proxy', async () => {
    const http = secure({ token: () => 'abc' });
    front.authorization = 'Bearer abc'; // sent through the tunnel, which the proxy cannot read
    expect(await version(http)).toMatchObject({ status: 200 });
    expect(await version(http)).toMatchObject({ status: 200 });
    front.authorization = undefined;
    expect(proxy.asked).toEqual([`CONNECT ${new URL(front.url).host}`]);
    expect(proxy.authorizations).toEqual([SENT]);
    const otherName = secure({ url: front.url.replace('127.0.0.1', 'localhost') });
    await expect(version(otherName)).rejects.toMatchObject({
      code: 'OLLAMA_CERTIFICATE',
      message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID') as string,
    });
    await expect(version(secure({ ca: undefined }))).rejects.toMatchObject({
      code: 'OLLAMA_CERTIFICATE',
      message: expect.stringMatching(/^Ollama's certificate does not verify/) as string,
      fix: expect.stringContaining('let PALDOCS_OLLAMA_CA_FILE name') as string,
    });
  });

  it.each(['http', 'https'])('sends texts to a server with %s', async (scheme) => {
    const http = scheme === 'https' ? secure() : client({});
    const input = ['a text', 'ä'.repeat(20_000)];
    const { status, bytes } = await http.send(
      'POST',
      '/api/embed',
      { model: 'qwen3-embedding:4b', input, dimensions: 768 },
      never,
    );
    expect(status).toBe(200);
    expect((JSON.parse(bytes.toString()) as { embeddings: unknown[] }).embeddings).toHaveLength(2);
  });

  it('returns the proxy’s own response for a server without TLS', async () => {
    proxy.refusal = (socket) => socket.end('HTTP/1.1 407 Nope\r\ncontent-length: 2\r\nretry-after: 3\r\n\r\n{}');
    expect(await version(client({}))).toMatchObject({ status: 407, retryAfter: '3' });
  });

  it.each([407, 403, 502, 503])('names the proxy that answers a request for a tunnel with %d', async (status) => {
    proxy.refusal = (socket) => socket.end(`HTTP/1.1 ${status} Nope\r\n\r\n`);
    await expect(version(secure())).rejects.toMatchObject({
      code: 'OLLAMA_UNREACHABLE',
      message: `Ollama cannot be reached through the proxy ${new URL(proxy.url).host} (STATUS_${status}: it refuses to connect to the server)`,
      inputMayBeAtFault: false,
    });
  });

  it.each(['http', 'https'])('names the proxy that cannot be reached, for a server with %s', async (scheme) => {
    const gone = `http://${CREDENTIALS}127.0.0.1:1`;
    await expect(version(scheme === 'https' ? secure({ proxy: gone }) : client({ proxy: gone }))).rejects.toMatchObject(
      {
        code: 'OLLAMA_UNREACHABLE',
        message: expect.stringMatching(
          /^Ollama cannot be reached through the proxy 127\.0\.0\.1:1 \(ECONNREFUSED: /,
        ) as string,
        inputMayBeAtFault: false,
      },
    );
  });

  it('requests a new tunnel after a refused one', async () => {
    const http = secure();
    proxy.refusal = (socket) => socket.end('HTTP/1.1 503 Nope\r\n\r\n');
    await expect(version(http)).rejects.toMatchObject({ code: 'OLLAMA_UNREACHABLE' });
    proxy.refusal = undefined;
    expect(await version(http)).toMatchObject({ status: 200 });
  });

  it.each(['the proxy', 'the server behind it'])(
    'closes the connection at once when aborted while %s is silent',
    async (who) => {
      const aborted = new AbortController();
      let wasAsked = false;
      const closed = new Promise<void>((resolve) => {
        proxy.refusal = (socket) => {
          wasAsked = true;
          if (who !== 'the proxy') socket.write('HTTP/1.1 200 OK\r\n\r\n');
          socket.resume().on('end', resolve).on('close', resolve);
          setImmediate(() => aborted.abort(DRAINED));
        };
      });
      await expect(version(secure(), aborted.signal)).rejects.toBe(DRAINED);
      expect(wasAsked).toBe(true);
      await closed;
    },
  );

  it('cancels a request in flight through a tunnel when it is closed', async () => {
    const hanging = standIn.faults.add('hang');
    const http = secure();
    const sending = expect(version(http)).rejects.toMatchObject({ code: 'OLLAMA_NO_ANSWER' });
    await standIn.waitFor(({ stats }) => stats.hanging === 1);
    http.close();
    await sending;
    await standIn.waitFor(({ stats }) => stats.hanging === 0);
    hanging.remove();
  });

  it('gives up on a proxy that opens no tunnel long before the request’s timeout', async () => {
    const silent = await startRawServer((socket) => socket.resume());
    const http = secure({ proxy: `http://127.0.0.1:${silent.port}`, timeoutMs: 300_000 });
    await expect(version(http)).rejects.toMatchObject({
      code: 'OLLAMA_UNREACHABLE',
      message: `Ollama cannot be reached through the proxy 127.0.0.1:${silent.port} (TIMEOUT: no connection within 10 s)`,
    });
    await silent.stop();
  }, 20_000);

  it.each(['http', 'https'])(
    'verifies the certificate of a proxy with TLS against NODE_EXTRA_CA_CERTS only: to a server with %s',
    async (scheme) => {
      const own = await startForwardProxy(await authority.issue('IP:127.0.0.1'));
      const options = { proxy: own.url };
      await expect(version(scheme === 'https' ? secure(options) : client(options))).rejects.toMatchObject({
        code: 'OLLAMA_CERTIFICATE',
        message: expect.stringMatching(/^the proxy 127\.0\.0\.1:\d+'s certificate does not verify/) as string,
        fix: 'let NODE_EXTRA_CA_CERTS name the file of the authority that issued it',
      });
      expect(own.asked).toEqual([]);
      await own.stop();
    },
  );
});
