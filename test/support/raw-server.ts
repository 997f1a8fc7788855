import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface RawServer {
  readonly port: number;
  /** How many clients have connected. */
  readonly clients: () => number;
  stop(): Promise<void>;
}

/**
 * A server that can answer with any bytes, such as no HTTP server would send.
 *
 * @param onClient gets each connection before anything was received
 */
export async function startRawServer(onClient: (socket: Socket) => void): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let clients = 0;
  const server = createServer((socket) => {
    clients += 1;
    sockets.add(socket);
    socket.on('error', () => undefined); // a close follows
    socket.on('close', () => sockets.delete(socket));
    onClient(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    clients: () => clients,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
