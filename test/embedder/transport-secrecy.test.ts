import type { Socket } from 'node:net';
import { isProviderError } from '../../src/embedder/errors.js';
import type { ServerAddress } from '../../src/embedder/json-client.js';
import { Ollama } from '../../src/embedder/ollama.js';
import { OpenAi } from '../../src/embedder/openai.js';
import { reachableText } from '../support/reachable-strings.js';
import { startRawServer, type RawServer } from '../support/raw-server.js';

const TEXT = 'cAnary of a text, which is long enough to be cut into pieces';
const TOKEN = 'cAnary.token-of-the-server';
const PASSWORD = 'cAnary-password';
const FORMS = [TEXT, TOKEN, PASSWORD, `me:${PASSWORD}`].flatMap((secret) => [
  secret,
  JSON.stringify(secret),
  Buffer.from(secret).toString('base64').slice(0, -4),
]);

/** Answers the first bytes of a request with these and leaves the connection open. */
const bytes =
  (head: string, then: (socket: Socket) => void = () => undefined) =>
  (socket: Socket) =>
    socket.once('data', () => socket.write(head, () => then(socket)));
const cut = (socket: Socket) => socket.destroy();
const reset = (socket: Socket) => socket.resetAndDestroy();

function quote(socket: Socket): void {
  socket.once('data', (sent) => socket.write(answer(500, JSON.stringify({ error: String(sent) }))));
}

type Address = Partial<ServerAddress>;

/** Name, behaviour of the server, address, and the end of the error's code. */
const FAILURES: [string, (socket: Socket) => void, (port: number) => Address, string][] = [
  ['a refused connection', cut, () => ({ url: 'http://127.0.0.1:1' }), 'UNREACHABLE'],
  ['an unknown name', cut, () => ({ url: 'http://name.invalid' }), 'UNREACHABLE'],
  ['a closed connection', (socket) => socket.once('data', () => cut(socket)), () => ({}), 'NO_ANSWER'],
  ['a reset connection', (socket) => socket.once('data', () => reset(socket)), () => ({}), 'NO_ANSWER'],
  ['a truncated response', bytes('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"', cut), () => ({}), 'NO_ANSWER'],
  ['a reset response', bytes('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"', reset), () => ({}), 'NO_ANSWER'],
  ['a truncated header', bytes('HTTP/1.1 200 OK\r\ncontent-', cut), () => ({}), 'NO_ANSWER'],
  ['no status line', bytes(`${TEXT}\r\n\r\n`), () => ({}), 'NO_ANSWER'],
  ['an invalid status', bytes(`HTTP/1.1 ${TEXT}\r\n\r\n`), () => ({}), 'NO_ANSWER'],
  ['an invalid header', bytes(`HTTP/1.1 200 OK\r\n${TEXT}\0: x\r\n\r\n`), () => ({}), 'NO_ANSWER'],
  ['oversized headers', bytes(`HTTP/1.1 200 OK\r\nx: ${TEXT.repeat(1_000)}\r\n\r\n`), () => ({}), 'NO_ANSWER'],
  [
    'an invalid chunk',
    bytes(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${TEXT}\r\n`),
    () => ({}),
    'NO_ANSWER',
  ],
  ['no response in time', () => undefined, () => ({ timeoutMs: 100 }), 'NO_ANSWER'],
  [
    'an unfinished response',
    bytes('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{'),
    () => ({ timeoutMs: 100 }),
    'NO_ANSWER',
  ],
  [
    'no TLS handshake in time',
    () => undefined,
    (port) => ({ url: `https://127.0.0.1:${port}`, timeoutMs: 100 }),
    'UNREACHABLE',
  ],
  [
    'no TLS',
    bytes('HTTP/1.1 400 Bad Request\r\n\r\n'),
    (port) => ({ url: `https://127.0.0.1:${port}` }),
    'UNREACHABLE',
  ],
  ['no proxy', cut, () => ({ proxy: proxyUrl(1) }), 'UNREACHABLE'],
  ['no tunnel', bytes(`HTTP/1.1 407 ${TEXT} ${PASSWORD}\r\nx: ${PASSWORD}\r\n\r\n`), tunnel, 'UNREACHABLE'],
  ['a closed tunnel', (socket) => socket.once('data', () => cut(socket)), tunnel, 'UNREACHABLE'],
  ['a reset tunnel', (socket) => socket.once('data', () => reset(socket)), tunnel, 'UNREACHABLE'],
  ['a tunnel without HTTP', bytes(`HTTP/1.1 200 OK\r\n${PASSWORD}\r\n\r\n`), tunnel, 'UNREACHABLE'],
  ['a tunnel without TLS', bytes('HTTP/1.1 200 OK\r\n\r\n', cut), tunnel, 'UNREACHABLE'],
  ['no tunnel in time', () => undefined, (port) => ({ ...tunnel(port), timeoutMs: 100 }), 'UNREACHABLE'],
  ['a closed relay', (socket) => socket.once('data', () => cut(socket)), relay, 'NO_ANSWER'],
  ['a relay that quotes the request', quote, relay, ''],
  ['a response that is not JSON', bytes(answer(200, `<p>${TEXT} ${TOKEN}`)), () => ({}), 'GARBLED'],
  ['a redirect', bytes(answer(307, TEXT, `location: http://127.0.0.1:1/${PASSWORD}\r\n`)), () => ({}), 'STATUS'],
  ['an error that quotes the request', quote, () => ({}), ''],
  ['a key that is not a valid header', cut, () => ({ token: () => `${TOKEN}\n` }), 'UNREACHABLE'],
];

function answer(status: number, body: string, headers = ''): string {
  return `HTTP/1.1 ${status} OK\r\ncontent-length: ${body.length}\r\n${headers}\r\n${body}`;
}

function proxyUrl(port: number): string {
  return `http://me:${PASSWORD}@127.0.0.1:${port}`;
}

function relay(port: number): Address {
  return { url: `http://me:${PASSWORD}@api.example.com`, proxy: proxyUrl(port) };
}

function tunnel(port: number): Address {
  return { url: 'https://api.example.com', proxy: proxyUrl(port) };
}

describe.each(['ollama', 'openai'])('an error of %s', (kind) => {
  const servers: RawServer[] = [];
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  it.each(FAILURES)('contains nothing of the request: %s', async (_, onClient, address, code) => {
    const server = await startRawServer(onClient);
    servers.push(server);
    const options = {
      url: `http://me:${PASSWORD}@127.0.0.1:${server.port}`,
      timeoutMs: 10_000,
      connections: 1,
      model: 'm',
      maxTexts: 10,
    };
    for (const credentials of [{}, { token: () => TOKEN }]) {
      const given = { ...options, ...credentials, ...address(server.port) };
      const provider = kind === 'openai' ? new OpenAi(given) : new Ollama(given);
      const error: unknown = await provider.embed([TEXT], 3, new AbortController().signal).catch((e: unknown) => e);
      provider.close();
      expect(isProviderError(error)).toBe(true);
      expect(error).toMatchObject({
        code: expect.stringMatching(new RegExp(`^${kind.toUpperCase()}_.*${code}$`)) as string,
      });
      const text = reachableText(error);
      for (const form of FORMS) expect(text).not.toContain(form);
      expect(text).not.toMatch(/c(%41|A)nary/i);
    }
  });
});
