import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface RawServer {
  readonly port: number;
  /** How many clients have come. */
  readonly clients: () => number;
  stop(): Promise<void>;
}

/**
 * A server that answers with whatever bytes: what no HTTP server would send.
 *
 * @param onClient is handed each connection, before anything has come over it
 */
export async function startRawServer(onClient: (socket: Socket) => void): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let clients = 0;
  const server = createServer((socket) => {
    clients += 1;
    sockets.add(socket);
    socket.on('error', () => undefined); // the close that follows says it
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
