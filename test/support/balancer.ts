import { connect, type Socket } from 'node:net';
import { TcpFront } from './tcp-front.js';

/**
 * One address for several servers: each new connection goes to the next server and stays there, as with a Service in
 * Kubernetes.
 */
export class Balancer {
  readonly #front: TcpFront;
  #ports: readonly number[] = [];
  #turn = 0;

  private constructor() {
    this.#front = new TcpFront((client) => {
      const port = this.#ports[this.#turn++ % this.#ports.length];
      if (port === undefined) client.resetAndDestroy();
      else this.#join(client, connect(port, '127.0.0.1'));
    });
  }

  static async start(): Promise<Balancer> {
    const balancer = new Balancer();
    await balancer.#front.listen();
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#front.port}`;
  }

  /** Sends new connections to these servers. Open connections stay where they are. */
  sendTo(...servers: readonly { readonly url: string }[]): void {
    this.#ports = servers.map(({ url }) => Number(new URL(url).port));
  }

  async stop(): Promise<void> {
    await this.#front.stop();
  }

  #join(client: Socket, server: Socket): void {
    this.#front.keep(client, server, (other, failed) => {
      if (failed) other.resetAndDestroy();
      else other.destroy();
    });
    client.pipe(server).pipe(client);
  }
}
