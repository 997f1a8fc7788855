import { BlockList, isIP } from 'node:net';
import { ConfigurationError } from '../base/errors.js';

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * The proxy for a URL, chosen as curl does: `HTTPS_PROXY` for https and `HTTP_PROXY` for http, unless `NO_PROXY` lists the
 * host. The lower-case names take precedence.
 *
 * @returns an http or https URL, which may contain credentials; undefined for a direct connection
 * @throws ConfigurationError that names the variable if it is not a proxy's URL, but never its value
 */
export function proxyFor(url: string, environment: NodeJS.ProcessEnv): string | undefined {
  const target = new URL(url);
  const scheme = target.protocol.slice(0, -1);
  const variable = firstSet([`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`], environment);
  if (variable === undefined || isExempt(target, valueOf('no_proxy', environment) ?? valueOf('NO_PROXY', environment)))
    return undefined;
  const value = valueOf(variable, environment) ?? '';
  const proxy = value.includes('://') ? value : `http://${value}`;
  if (!isUsable(proxy)) {
    throw new ConfigurationError(
      'CONFIGURATION',
      `${variable}: is not the URL of an HTTP proxy: give http://host:port, with special characters of a user and password percent-encoded`,
    );
  }
  return proxy;
}

function firstSet(names: readonly string[], environment: NodeJS.ProcessEnv): string | undefined {
  return names.find((name) => valueOf(name, environment) !== undefined);
}

/** An empty variable counts as unset. */
function valueOf(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  const value = environment[name]?.trim();
  return value === '' ? undefined : value;
}

function isUsable(proxy: string): boolean {
  if (!URL.canParse(proxy)) return false;
  const { protocol, hostname, pathname, search, hash, username, password } = new URL(proxy);
  if (!(protocol in DEFAULT_PORTS) || hostname === '') return false;
  // With a bare "/", "?" or "#", the rest of a password follows the host, and messages would show it.
  if ((pathname + search + hash).includes('@')) return false;
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false; // a "%" that encodes nothing
  }
}

/**
 * Whether `NO_PROXY` lists the host of a URL. An entry is `*`, a domain name, which includes its subdomains with or without
 * a leading dot, an address, or a range in CIDR notation. A name or address may have a port.
 */
function isExempt({ protocol, hostname, port }: URL, list = ''): boolean {
  const host = bare(hostname);
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [name, only] = split(entry.toLowerCase());
      if (only !== undefined && only !== (port || DEFAULT_PORTS[protocol])) return false;
      if (isIP(host) !== 0) return isWithin(host, name);
      const domain = bare(name.replace(/^\*?\./, ''));
      return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
    });
}

/** @returns an entry's name and its port; an IPv6 address without brackets has no port */
function split(entry: string): [string, string | undefined] {
  const [, name = entry, port] = isIP(entry) === 6 ? [] : (/^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? []);
  return [name, port];
}

/** Removes the brackets of an IPv6 address and the trailing dot of a name. */
function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

function isWithin(address: string, range: string): boolean {
  const [network = '', prefix] = bare(range).split('/');
  const version = isIP(network);
  if (version === 0 || version !== isIP(address)) return false;
  const bits = prefix === undefined ? maxPrefix(version) : Number(prefix);
  if (!/^\d+$/.test(prefix ?? '0') || bits > maxPrefix(version)) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const networks = new BlockList();
  networks.addSubnet(network, bits, family);
  return networks.check(address, family);
}

function maxPrefix(version: number): number {
  return version === 4 ? 32 : 128;
}
