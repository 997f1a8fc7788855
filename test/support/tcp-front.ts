import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP server on a free port of 127.0.0.1, the base of the proxies in these tests. */
export class TcpFront {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** @param onClient gets each new connection */
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
   * Registers both sides of a connection, which `stop` then destroys in any state.
   *
   * @param onClose called when one side has closed, with the other side and whether there was an error
   */
  keep(client: Socket, server: Socket, onClose: (other: Socket, failed: boolean) => void): void {
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => undefined); // a close follows
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
