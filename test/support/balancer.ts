import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * One address before several servers, of which the next one gets each new connection, for as long as it lives: what a
 * Service is in Kubernetes.
 */
export class Balancer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #ports: readonly number[] = [];
  #turn = 0;

  private constructor() {
    this.#server = createServer((client) => {
      const port = this.#ports[this.#turn++ % this.#ports.length];
      if (port === undefined) client.resetAndDestroy();
      else this.#join(client, connect(port, '127.0.0.1'));
    });
  }

  static async start(): Promise<Balancer> {
    const balancer = new Balancer();
    balancer.#server.listen(0, '127.0.0.1');
    await once(balancer.#server, 'listening');
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Sends new connections to these servers; those that are open stay where they are. */
  sendTo(...servers: readonly { readonly url: string }[]): void {
    this.#ports = servers.map(({ url }) => Number(new URL(url).port));
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #join(client: Socket, server: Socket): void {
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => undefined); // the close that follows says it
      from.on('close', (failed) => {
        this.#sockets.delete(from);
        if (failed) to.resetAndDestroy();
        else to.destroy();
      });
      from.pipe(to);
    }
  }
}
