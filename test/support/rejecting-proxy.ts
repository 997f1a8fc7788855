import { connect, type Socket } from 'node:net';
import { TcpFront } from './tcp-front.js';

/** A kind of statement that a server rejects. */
export interface Rejection {
  readonly statement: RegExp;
  /** SQLSTATE. */
  readonly code: string;
}

const HEADER_BYTES = 5;

/**
 * A proxy in front of a server that answers certain statements with an error and forwards everything else, like a database
 * that implements only part of PostgreSQL. Without TLS.
 */
export class RejectingProxy {
  readonly #proxy: TcpFront;
  readonly #url: string;
  #rejections: readonly Rejection[] = [];
  /** The number of statements it has rejected. */
  rejected = 0;

  private constructor(url: string) {
    this.#url = url;
    this.#proxy = new TcpFront((client) => {
      const { hostname, port } = new URL(url);
      this.#join(client, connect(Number(port === '' ? 5432 : port), hostname));
    });
  }

  /** @param url of the database, without TLS */
  static async start(url: string, ...rejections: readonly Rejection[]): Promise<RejectingProxy> {
    const proxy = new RejectingProxy(url);
    proxy.reject(...rejections);
    await proxy.#proxy.listen();
    return proxy;
  }

  get url(): string {
    const url = new URL(this.#url);
    url.hostname = '127.0.0.1';
    url.port = String(this.#proxy.port);
    return url.href;
  }

  /** Rejects only these from now on. */
  reject(...rejections: readonly Rejection[]): void {
    this.#rejections = rejections;
  }

  async stop(): Promise<void> {
    await this.#proxy.stop();
  }

  #join(client: Socket, server: Socket): void {
    this.#proxy.keep(client, server, (other) => {
      other.destroy();
    });
    server.pipe(client);
    let waiting = Buffer.alloc(0);
    let started = false;
    let rejecting = false;
    client.on('data', (bytes) => {
      waiting = Buffer.concat([waiting, bytes]);
      for (;;) {
        const header = started ? HEADER_BYTES : HEADER_BYTES - 1; // the first message has no type
        if (waiting.length < header) return;
        const length = waiting.readInt32BE(header - 4) + header - 4;
        if (waiting.length < length) return;
        const message = waiting.subarray(0, length);
        waiting = waiting.subarray(length);
        const type = started ? String.fromCharCode(message[0] ?? 0) : '';
        started = true;
        const rejection = 'QP'.includes(type) && type !== '' ? this.#rejectionOf(message) : undefined;
        if (rejection !== undefined) {
          this.rejected += 1;
          client.write(errorResponse(rejection.code));
          rejecting = true; // drop the rest of the statement, up to its end
        }
        if (!rejecting) server.write(message);
        else if (type === 'Q' || type === 'S') {
          client.write(READY);
          rejecting = false;
        }
      }
    });
  }

  #rejectionOf(message: Buffer): Rejection | undefined {
    const text = message.toString('latin1');
    return this.#rejections.find(({ statement }) => statement.test(text));
  }
}

const READY = Buffer.from([...Buffer.from('Z'), 0, 0, 0, 5, ...Buffer.from('I')]);

function errorResponse(code: string): Buffer {
  const fields = Buffer.from(`SERROR\0VERROR\0C${code}\0Mthis proxy does not support that\0\0`);
  const length = Buffer.alloc(4);
  length.writeInt32BE(fields.length + 4);
  return Buffer.concat([Buffer.from('E'), length, fields]);
}
