import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Registry } from 'prom-client';
import { ConfigurationError } from '../base/errors.js';
import type { Logger } from '../telemetry/logger.js';
import { shareCalls } from './share-calls.js';
import type { Watchdog } from './watchdog.js';

/** Each part with whether it is ready, and what there is to say about it. */
export type Readiness = Readonly<
  Record<string, { readonly ok: boolean; readonly detail?: string; readonly reason?: string; readonly fix?: string }>
>;

export interface HealthOptions {
  readonly port: number;
  readonly registry: Registry;
  readonly watchdog: Watchdog;
  /** Each part with whether it is ready and, if not, why. */
  readonly readiness: () => Promise<Readiness>;
  readonly log: Logger;
}

/**
 * Who holds more has the ones closed that have been silent longest, so that a probe always gets in: it is the newest, and
 * is answered before it is the oldest. Refusing the newest, as `maxConnections` does, would let silent clients have this
 * process restarted. Not fewer: clients that are closed come back at once, and accepting them costs more than keeping them.
 */
export const MAX_CONNECTIONS = 2_000;
/** After so many a client has to connect anew; what it has sent beyond them is not answered. */
export const MAX_REQUESTS_PER_CONNECTION = 10;
/** Long enough for any request of ours, of which the headers are a few hundred bytes. */
const TIME_LIMITS = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };
/** Nothing is sent or read for so long: a client that does not take its answer. */
const SILENCE_MS = 10_000;

/**
 * The three endpoints. `/healthz` asks neither database nor Ollama: their absence is no reason to restart this
 * process. `/readyz` tells whether it can work now, `/metrics` what it has done.
 *
 * The port is open to whoever reaches the pod. What a client can cost is bounded: connections, the size and time of a
 * request, and questions to the database, of which there is one at a time however many ask.
 */
export class HealthServer {
  readonly #options: HealthOptions;
  readonly #server: Server;
  /** In the order in which they were last heard of. */
  readonly #connections = new Set<Socket>();
  readonly #readiness: () => Promise<Readiness>;
  readonly #metrics: () => Promise<string>;

  constructor(options: HealthOptions) {
    this.#options = options;
    this.#readiness = shareCalls(options.readiness);
    this.#metrics = shareCalls(() => options.registry.metrics());
    this.#server = createServer({ maxHeaderSize: 8_192, ...TIME_LIMITS }, (request, response) => {
      this.#heardOf(request.socket);
      this.#answer(request, response).catch((error: unknown) => {
        this.#options.log.warn('could not answer a health request', { error });
        response.destroy();
      });
    });
    this.#server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
    this.#server.setTimeout(SILENCE_MS);
    this.#server.on('connection', (socket) => {
      socket.once('close', () => this.#connections.delete(socket));
      this.#heardOf(socket);
      if (this.#connections.size <= MAX_CONNECTIONS) return;
      for (const longestSilent of this.#connections) {
        longestSilent.destroy();
        break;
      }
    });
  }

  /** The port it listens on; where 0 was configured, the one that was free. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  async start(): Promise<void> {
    const { port, log } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        reject(
          new ConfigurationError(
            'HEALTH_PORT',
            `PALDOCS_HEALTH_PORT: cannot listen on port ${port} (${error.code ?? error.message})`,
            { fix: 'stop what uses it, or set PALDOCS_HEALTH_PORT to another', cause: error },
          ),
        );
      });
      this.#server.listen(port, resolve);
    });
    log.info('serving /healthz, /readyz and /metrics', { port: this.port });
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) =>
      this.#server.close(() => {
        resolve();
      }),
    );
    this.#server.closeAllConnections();
    await closed;
  }

  #heardOf(socket: Socket): void {
    this.#connections.delete(socket);
    this.#connections.add(socket);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('cache-control', 'no-store');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      sendJson(response, 405, { error: 'only GET and HEAD' });
      return;
    }
    switch (request.url?.split('?', 1)[0]) {
      case '/healthz': {
        const overdue = this.#options.watchdog.overdue();
        sendJson(response, overdue.length === 0 ? 200 : 503, { ok: overdue.length === 0, overdue });
        return;
      }
      case '/readyz': {
        const parts = await this.#readiness();
        const ok = Object.values(parts).every((part) => part.ok);
        sendJson(response, ok ? 200 : 503, { ok, parts });
        return;
      }
      case '/metrics': {
        const metrics = await this.#metrics();
        response.setHeader('content-type', this.#options.registry.contentType);
        response.end(metrics);
        return;
      }
      default:
        sendJson(response, 404, { error: 'there is /healthz, /readyz and /metrics' });
    }
  }
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body) + '\n');
}
