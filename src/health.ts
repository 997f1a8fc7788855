import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { ConfigurationError } from './errors.js';
import type { Service } from './lifecycle.js';
import type { Logger } from './logger.js';
import type { Watchdog } from './watchdog.js';

export interface HealthOptions {
  readonly port: number;
  readonly registry: Registry;
  readonly watchdog: Watchdog;
  /** Each part with whether it is ready and, if not, why. */
  readonly readiness: () => Promise<Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>>;
  readonly log: Logger;
}

/**
 * The three endpoints. `/healthz` asks neither database nor Ollama: their absence is no reason to restart this
 * process. `/readyz` tells whether it can work now, `/metrics` what it has done.
 */
export class HealthServer implements Service {
  readonly #options: HealthOptions;
  readonly #server: Server;

  constructor(options: HealthOptions) {
    this.#options = options;
    this.#server = createServer(
      { maxHeaderSize: 8_192, headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 },
      (request, response) => {
        this.#answer(request, response).catch((error: unknown) => {
          this.#options.log.warn('could not answer a health request', { error });
          response.destroy();
        });
      },
    );
    this.#server.maxConnections = 256;
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
            `PALDOCS_HEALTH_PORT: cannot listen on port ${port} (${error.code ?? error.message}): stop what uses it or choose another`,
            { cause: error },
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
        const parts = await this.#options.readiness();
        const ok = Object.values(parts).every((part) => part.ok);
        sendJson(response, ok ? 200 : 503, { ok, parts });
        return;
      }
      case '/metrics': {
        const { registry } = this.#options;
        response.setHeader('content-type', registry.contentType);
        response.end(await registry.metrics());
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
