import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { RequestFunction } from 'got';

/**
 * Sends got's requests to a server without TLS through a proxy (RFC 9112, 3.2.2): to the proxy, with the whole URL in the
 * request line. The libraries for this repeat the request's header after its body.
 *
 * @param proxy URL with its credentials
 */
export function relayThrough(proxy: string): RequestFunction {
  const { origin, protocol, username, password } = new URL(proxy);
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization =
    credentials === ':' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
  const request = protocol === 'https:' ? requestSecure : requestPlain;
  return (url, { headers, ...options }) =>
    request(origin, {
      ...options,
      path: url.origin + url.pathname + url.search, // without the credentials, which are in a header
      headers: Object.assign({}, headers, { host: url.host }, authorization),
    });
}
