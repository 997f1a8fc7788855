import { once } from 'node:events';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { checkServerIdentity, TLSSocket } from 'node:tls';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { errorCode } from '../base/errors.js';

/** Timeout for the whole set-up: connection to the proxy, CONNECT, TLS handshake with the server. */
const TIMEOUT_MS = 10_000;

export interface TunnelOptions {
  readonly keepAlive: boolean;
  /** How long the connection is silent before the kernel probes it, in milliseconds. */
  readonly keepAliveMsecs: number;
  readonly maxSockets: number;
  /** Resolves the proxy's name. The proxy resolves the server's. */
  readonly lookup: LookupFunction;
  /** PEM of the certificate authorities trusted for the server; undefined: the public ones. */
  readonly ca: string | undefined;
}

/** The proxy opens no tunnel. Contains nothing of the request, and only the status of the proxy's response. */
export class ProxyError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

type Target = Parameters<HttpsProxyAgent<string>['connect']>[1];

/**
 * An agent for a server with TLS behind a proxy. It hands out a connection only once TLS with the server is established,
 * because got's timeouts see it only from then on. If the proxy itself uses TLS, its certificate must come from a public
 * authority or one in `NODE_EXTRA_CA_CERTS`.
 */
export class TunnelAgent extends HttpsProxyAgent<string> {
  readonly #destroyed = new AbortController();

  /** @param proxy URL with its credentials */
  constructor(proxy: string, options: TunnelOptions) {
    super(proxy, options);
    this.options = { ...this.options, ca: options.ca };
    this.connectOpts = {
      ...this.connectOpts,
      ca: undefined,
      signal: this.#destroyed.signal,
      keepAliveInitialDelay: options.keepAliveMsecs, // Node's own agents pass it on under this name
    };
  }

  /** @throws ProxyError; Node's errors of the TLS handshake with the server */
  override async connect(...[request, target]: Parameters<HttpsProxyAgent<string>['connect']>): Promise<Socket> {
    let status: number | undefined;
    request.once('proxyConnect', (response: { readonly statusCode: number }) => (status = response.statusCode));
    let expired = false;
    const limit = setTimeout(() => {
      expired = true;
      this.#destroyed.abort();
    }, TIMEOUT_MS);
    try {
      const socket = await super.connect(request, verifyByAddress(target)).catch(throwProxyError);
      if (status !== 200) {
        socket.destroy(); // not a connection: it replays the proxy's response
        throw new ProxyError(`STATUS_${status ?? 'UNKNOWN'}`, 'it refuses to connect to the server');
      }
      if (socket instanceof TLSSocket && !socket.authorized) await once(socket, 'secureConnect');
      return socket;
    } catch (error) {
      throw expired ? new ProxyError('TIMEOUT', `no connection within ${TIMEOUT_MS / 1000} s`) : error;
    } finally {
      clearTimeout(limit);
    }
  }

  override destroy(): void {
    super.destroy();
    this.#destroyed.abort(); // the agent does not list what is still connecting
  }
}

/** If the server is given by its IP address, the library expects a certificate for `localhost`. */
function verifyByAddress(target: Target): Target {
  const { host = '' } = target;
  if (!target.secureEndpoint || isIP(host) === 0) return target;
  return { ...target, checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate) };
}

/** Errors without a code come from the library and repeat what the proxy answered. */
function throwProxyError(error: unknown): never {
  const code = errorCode(error);
  if (code === undefined) throw new ProxyError('GARBLED', 'its answer is not HTTP');
  throw new ProxyError(code, (error as Error).message);
}
