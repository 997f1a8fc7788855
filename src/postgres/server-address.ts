/** A server that may hold the database. Undefined stands for the default of `pg`. */
export interface ServerAddress {
  /** A name or an address; with a leading slash, the directory of a socket. */
  readonly host: string | undefined;
  /** The address to connect to instead of `host`, which then only names the certificate. */
  readonly hostAddress?: string;
  readonly port: number | undefined;
}

/** What is wrong with a URL. The message never repeats anything that may be part of a password. */
export class AddressError extends Error {}

export const NOT_A_URL =
  'is not a URL: give postgresql://user:password@host:5432/name, with special characters in the password percent-encoded';

/** Whether the server is reached through a socket on this machine, which has no TLS. */
export function isSocket({ host }: ServerAddress): boolean {
  return host?.startsWith('/') === true;
}

/**
 * The servers that a URL lists. Its parameters `host`, `hostaddr` and `port` take precedence over the part before the
 * path.
 *
 * @throws AddressError
 */
export function readServers(authority: string, query: URLSearchParams): ServerAddress[] {
  const inQuery = query.getAll('host').join(',');
  const hosts = (inQuery === '' ? authority : inQuery).split(',').map(readHost);
  const addresses = listOf(query, 'hostaddr');
  const ports = listOf(query, 'port').map(readPort);
  const all = hosts.length === 1 && addresses.length > 1 ? addresses.map(() => hosts[0] ?? readHost('')) : hosts;
  if (addresses.length > 0) requireOneEach('hostaddr', addresses, all);
  if (ports.length > 1) requireOneEach('port', ports, all);
  return all.map(({ host, port }, i) => ({
    host: host ?? addresses[i],
    ...(addresses[i] !== undefined && { hostAddress: addresses[i] }),
    port: (ports.length === 1 ? ports[0] : ports[i]) ?? port,
  }));
}

function requireOneEach(parameter: string, values: readonly unknown[], hosts: readonly unknown[]): void {
  if (values.length !== hosts.length) throw new AddressError(`does not have one value in ${parameter}= for each host`);
}

function listOf(query: URLSearchParams, name: string): string[] {
  const joined = query.getAll(name).join(',');
  return joined === '' ? [] : joined.split(',');
}

function readHost(text: string): Pick<ServerAddress, 'host' | 'port'> {
  if (text.startsWith('/') || /^[^[\]]*:[^[\]]*:/.test(text)) return { host: text, port: undefined }; // a socket, IPv6
  const { name, v6, port } = /^(?:\[(?<v6>[^\]]*)\]|(?<name>[^:]*))(?::(?<port>.*))?$/s.exec(text)?.groups ?? {};
  const host = v6 ?? decode(name);
  if (host !== undefined && !host.startsWith('/') && /[\s/\\?#@<>|^%[\]]/.test(host)) throw new AddressError(NOT_A_URL);
  return { host, port: readPort(port ?? '') };
}

function readPort(text: string): number | undefined {
  if (text === '') return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) throw new AddressError(NOT_A_URL);
  return port;
}

/**
 * Decodes a part of a URL as `pg` does: a % that encodes nothing stands for itself.
 *
 * @returns undefined for an empty part
 * @throws AddressError
 */
export function decode(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    return decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  } catch {
    throw new AddressError(NOT_A_URL);
  }
}
