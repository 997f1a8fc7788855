import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A server on a free port of this machine that others build upon what stands between a client and its server. */
export class TcpFront {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** @param onClient is handed each new connection */
  constructor(onClient: (client: Socket) => void) {
    this.#server = createServer(onClient);
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /**
   * Closes both sides of a connection when it stops, whatever state they are in.
   *
   * @param onClose is told when one has closed, with the other, and whether it failed
   */
  keep(client: Socket, server: Socket, onClose: (other: Socket, failed: boolean) => void): void {
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => undefined); // the close that follows says it
      one.on('close', (failed) => {
        this.#sockets.delete(one);
        onClose(other, failed);
      });
    }
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
