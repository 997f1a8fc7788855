import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Registry } from 'prom-client';
import { ConfigurationError } from '../base/errors.js';
import type { Logger } from '../telemetry/logger.js';
import { shareCalls } from './share-calls.js';
import type { Watchdog } from './watchdog.js';

/** For each part, whether it is ready, with details and, while work is held, the reason and its fix. */
export type Readiness = Readonly<
  Record<string, { readonly ok: boolean; readonly detail?: string; readonly reason?: string; readonly fix?: string }>
>;

export interface HealthOptions {
  readonly port: number;
  readonly registry: Registry;
  readonly watchdog: Watchdog;
  readonly readiness: () => Promise<Readiness>;
  readonly log: Logger;
}

/**
 * Beyond this number the connection that has been silent longest is closed, so a probe always gets in: its connection is
 * the newest, and is answered before it becomes the oldest. Rejecting the newest, as `maxConnections` does, would let
 * silent clients get this process restarted. The number is high because closed clients reconnect at once, and accepting
 * a connection costs more than keeping one.
 */
export const MAX_CONNECTIONS = 2_000;
/** After these a client must reconnect; further requests on the connection are not answered. */
export const MAX_REQUESTS_PER_CONNECTION = 10;
/** Enough for any legitimate request, whose headers are a few hundred bytes. */
const TIME_LIMITS = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };
/** A connection is closed after this time without traffic, as from a client that does not read its answer. */
const SILENCE_MS = 10_000;

/**
 * The three endpoints. `/healthz` asks neither the database nor Ollama, because their absence is no reason to restart this
 * process. `/readyz` says whether the process can work now, `/metrics` what it has done.
 *
 * Anyone who can reach the pod can use the port. Limits bound what a client can cost: the number of connections, the size
 * and time of a request, and queries to the database, which all concurrent clients share.
 */
export class HealthServer {
  readonly #options: HealthOptions;
  readonly #server: Server;
  /** In the order of their last activity, oldest first. */
  readonly #connections = new Set<Socket>();
  readonly #readiness: () => Promise<Readiness>;
  readonly #metrics: () => Promise<string>;

  constructor(options: HealthOptions) {
    this.#options = options;
    this.#readiness = shareCalls(options.readiness);
    this.#metrics = shareCalls(() => options.registry.metrics());
    this.#server = createServer({ maxHeaderSize: 8_192, ...TIME_LIMITS }, (request, response) => {
      this.#touch(request.socket);
      this.#answer(request, response).catch((error: unknown) => {
        this.#options.log.warn('could not answer a health request', { error });
        response.destroy();
      });
    });
    this.#server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
    this.#server.setTimeout(SILENCE_MS);
    this.#server.on('connection', (socket) => {
      socket.once('close', () => this.#connections.delete(socket));
      this.#touch(socket);
      if (this.#connections.size <= MAX_CONNECTIONS) return;
      for (const longestSilent of this.#connections) {
        longestSilent.destroy();
        break;
      }
    });
  }

  /** The port it listens on. If 0 was configured, the system chose it. */
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
            { fix: 'stop the process that uses it, or set PALDOCS_HEALTH_PORT to another port', cause: error },
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

  #touch(socket: Socket): void {
    this.#connections.delete(socket);
    this.#connections.add(socket);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('cache-control', 'no-store');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      sendJson(response, 405, { error: 'use GET or HEAD' });
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
        sendJson(response, 404, { error: 'not found: use /healthz, /readyz or /metrics' });
    }
  }
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body) + '\n');
}
