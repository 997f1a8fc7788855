import { connect, type Socket } from 'node:net';
import { TcpFront } from './tcp-front.js';

/** A kind of statement that the server does not support. */
export interface Refusal {
  readonly statement: RegExp;
  /** SQLSTATE. */
  readonly code: string;
}

const HEADER_BYTES = 5;

/**
 * A proxy that imitates a database which speaks PostgreSQL's protocol but lacks some statements: it answers these with an
 * error and forwards everything else. Without TLS.
 */
export class RefusingFront {
  readonly #front: TcpFront;
  readonly #url: string;
  #refusals: readonly Refusal[] = [];
  /** How many statements it has refused. */
  refused = 0;

  private constructor(url: string) {
    this.#url = url;
    this.#front = new TcpFront((client) => {
      const { hostname, port } = new URL(url);
      this.#join(client, connect(Number(port === '' ? 5432 : port), hostname));
    });
  }

  /** @param url of the database */
  static async start(url: string, ...refusals: readonly Refusal[]): Promise<RefusingFront> {
    const front = new RefusingFront(url);
    front.refuse(...refusals);
    await front.#front.listen();
    return front;
  }

  get url(): string {
    const url = new URL(this.#url);
    url.hostname = '127.0.0.1';
    url.port = String(this.#front.port);
    return url.href;
  }

  /** Sets the statements to refuse from now on. */
  refuse(...refusals: readonly Refusal[]): void {
    this.#refusals = refusals;
  }

  async stop(): Promise<void> {
    await this.#front.stop();
  }

  #join(client: Socket, server: Socket): void {
    this.#front.keep(client, server, (other) => {
      other.destroy();
    });
    server.pipe(client);
    let waiting = Buffer.alloc(0);
    let started = false;
    let refusing = false;
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
        const refusal = 'QP'.includes(type) && type !== '' ? this.#refusalOf(message) : undefined;
        if (refusal !== undefined) {
          this.refused += 1;
          client.write(errorResponse(refusal.code));
          refusing = true; // drop the rest of the statement's messages
        }
        if (!refusing) server.write(message);
        else if (type === 'Q' || type === 'S') {
          client.write(READY);
          refusing = false;
        }
      }
    });
  }

  #refusalOf(message: Buffer): Refusal | undefined {
    const text = message.toString('latin1');
    return this.#refusals.find(({ statement }) => statement.test(text));
  }
}

const READY = Buffer.from([...Buffer.from('Z'), 0, 0, 0, 5, ...Buffer.from('I')]);

function errorResponse(code: string): Buffer {
  const fields = Buffer.from(`SERROR\0VERROR\0C${code}\0Mthis front does not know that\0\0`);
  const length = Buffer.alloc(4);
  length.writeInt32BE(fields.length + 4);
  return Buffer.concat([Buffer.from('E'), length, fields]);
}
