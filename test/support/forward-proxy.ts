import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Issued } from './certificates.js';

export interface ForwardProxy {
  /** `http://127.0.0.1:…`, or `https://…` if it has a certificate. */
  readonly url: string;
  /** The requests: `CONNECT host:port`, or method and full URL. */
  readonly asked: string[];
  /** The `proxy-authorization` headers of these requests. */
  readonly authorizations: (string | undefined)[];
  /** If set, answers tunnels and requests instead of the proxy. */
  refusal: ((socket: Duplex, request: IncomingMessage) => void) | undefined;
  /** Stops the proxy and closes its connections. */
  stop(): Promise<void>;
}

/** A forward proxy, as between a cluster and the internet: forwards requests, and opens tunnels for TLS. */
export async function startForwardProxy(issued?: Issued): Promise<ForwardProxy> {
  const sockets = new Set<Duplex>();
  const asked: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const note = (incoming: IncomingMessage) => {
    asked.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`);
    authorizations.push(incoming.headers['proxy-authorization']);
  };
  const relay: RequestListener = (incoming, outgoing) => {
    note(incoming);
    if (proxy.refusal !== undefined) {
      incoming.resume();
      proxy.refusal(incoming.socket, incoming);
      return;
    }
    const own = new Set(['proxy-authorization', 'proxy-connection']);
    const headers = Object.fromEntries(Object.entries(incoming.headers).filter(([name]) => !own.has(name)));
    const onward = request(incoming.url ?? '', { method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.writeHead(502).end('{"error":"no such server"}'));
    incoming.pipe(onward);
  };
  const server: Server =
    issued === undefined
      ? createServer(relay)
      : createSecureServer({ key: await readFile(issued.keyFile), cert: await readFile(issued.certFile) }, relay);
  server.on('connection', (socket: Socket) => keep(socket));
  server.on('connect', (incoming: IncomingMessage, client: Duplex) => {
    note(incoming);
    keep(client);
    if (proxy.refusal !== undefined) {
      proxy.refusal(client, incoming);
      return;
    }
    const [host = '', port = ''] = (incoming.url ?? '').split(':');
    const onward = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(onward).pipe(client);
    });
    keep(onward);
    onward.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    client.on('close', () => onward.destroy());
  });
  function keep(socket: Duplex): void {
    sockets.add(socket);
    socket.on('error', () => undefined); // a close follows
    socket.on('close', () => sockets.delete(socket));
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: ForwardProxy = {
    url: `${issued === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    authorizations,
    refusal: undefined,
    stop: async () => {
      if (!server.listening) return; // it was stopped before
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return proxy;
}
