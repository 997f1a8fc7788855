import { once } from 'node:events';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { checkServerIdentity, TLSSocket } from 'node:tls';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { errorCode } from '../base/errors.js';

/** To connect to the proxy, be let through, and agree with the server on TLS: all of it. */
const CONNECT_MS = 10_000;

export interface TunnelOptions {
  readonly keepAlive: boolean;
  readonly maxSockets: number;
  /** Resolves the proxy's name; the server's is the proxy's business. */
  readonly lookup: LookupFunction;
  /** PEM of the authorities that the server's certificate may come from; undefined: the public ones. */
  readonly ca: string | undefined;
}

/** There is no way through the proxy. Holds nothing of what it was sent, and of what it answered no more than the status. */
export class ProxyError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

type Target = Parameters<HttpsProxyAgent<string>['connect']>[1];

/**
 * An agent for a server with TLS behind a proxy. Its connections are handed out once TLS with the server is established,
 * since got's time-outs see them only then, and are given up with the agent. The certificate of a proxy that itself has TLS
 * must come from a public authority, or one of those in `NODE_EXTRA_CA_CERTS`.
 */
export class TunnelAgent extends HttpsProxyAgent<string> {
  readonly #destroyed = new AbortController();

  /** @param proxy with its credentials */
  constructor(proxy: string, options: TunnelOptions) {
    super(proxy, options);
    this.options = { ...this.options, ca: options.ca };
    this.connectOpts = { ...this.connectOpts, ca: undefined, signal: this.#destroyed.signal };
  }

  /** @throws ProxyError; Node's errors of TLS with the server */
  override async connect(...[request, target]: Parameters<HttpsProxyAgent<string>['connect']>): Promise<Socket> {
    let status: number | undefined;
    request.once('proxyConnect', (answer: { readonly statusCode: number }) => (status = answer.statusCode));
    let expired = false;
    const limit = setTimeout(() => {
      expired = true;
      this.#destroyed.abort();
    }, CONNECT_MS);
    try {
      const socket = await super.connect(request, verifiedByAddress(target)).catch(throwProxyError);
      if (status !== 200) {
        socket.destroy(); // no connection, but one that repeats the answer
        throw new ProxyError(`STATUS_${status ?? 'UNKNOWN'}`, 'it lets nothing through to there');
      }
      if (socket instanceof TLSSocket && !socket.authorized) await once(socket, 'secureConnect');
      return socket;
    } catch (error) {
      throw expired ? new ProxyError('TIMEOUT', `no connection within ${CONNECT_MS / 1000} s`) : error;
    } finally {
      clearTimeout(limit);
    }
  }

  override destroy(): void {
    this.#destroyed.abort(); // what is not connected yet is in none of the agent's lists
    super.destroy();
  }
}

/** The library takes the certificate of a server that is given by its address for one that should be for `localhost`. */
function verifiedByAddress(target: Target): Target {
  const { host = '' } = target;
  if (!target.secureEndpoint || isIP(host) === 0) return target;
  return { ...target, checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate) };
}

/** Errors without a code are the library's, which repeat what the proxy said. */
function throwProxyError(error: unknown): never {
  const code = errorCode(error);
  if (code === undefined) throw new ProxyError('GARBLED', 'what it answers is not HTTP');
  throw new ProxyError(code, (error as Error).message);
}
