import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import type { Issued } from './certificates.js';

export interface TlsFront {
  /** `https://127.0.0.1:…` */
  readonly url: string;
  /** If set, rejects requests with another `authorization`. */
  authorization: string | undefined;
  /** Whether a rejection repeats the credentials and the body. */
  quotes: boolean;
  stop(): Promise<void>;
}

/** A reverse proxy, as in front of Ollama in a cluster: terminates TLS, checks credentials, and forwards requests. */
export async function startTlsFront(target: string, { keyFile, certFile }: Issued): Promise<TlsFront> {
  const server = createServer(
    { key: await readFile(keyFile), cert: await readFile(certFile) },
    (incoming, outgoing) => {
      if (front.authorization !== undefined && incoming.headers.authorization !== front.authorization) {
        const { authorization = '' } = incoming.headers;
        void text(incoming).then((body) => {
          const error = front.quotes ? `you sent ${authorization.split(' ')[1] ?? ''} with ${body}` : 'unauthorized';
          outgoing.writeHead(401, { 'www-authenticate': 'Bearer' }).end(JSON.stringify({ error }));
        });
        return;
      }
      const { method = 'GET', headers } = incoming;
      const onward = request(new URL(incoming.url ?? '/', target), { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on('error', () => outgoing.destroy());
      outgoing.on('close', () => onward.destroy());
      incoming.pipe(onward);
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const front: TlsFront = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    authorization: undefined,
    quotes: false,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return front;
}
