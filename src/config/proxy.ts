import { BlockList, isIP } from 'node:net';
import { ConfigurationError } from '../base/errors.js';

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * The proxy through which a URL is reached, as curl finds it: `HTTPS_PROXY` for https, `HTTP_PROXY` for http, unless
 * `NO_PROXY` names the host; each in lower case before upper.
 *
 * @returns a URL with http or https, which may hold credentials; undefined where the way is direct
 * @throws ConfigurationError naming the variable where no proxy can be read from it; never with what it holds
 */
export function proxyFor(url: string, environment: NodeJS.ProcessEnv): string | undefined {
  const target = new URL(url);
  const scheme = target.protocol.slice(0, -1);
  const variable = setOf([`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`], environment);
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

function setOf(names: readonly string[], environment: NodeJS.ProcessEnv): string | undefined {
  return names.find((name) => valueOf(name, environment) !== undefined);
}

/** An empty variable is an unset one. */
function valueOf(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  const value = environment[name]?.trim();
  return value === '' ? undefined : value;
}

function isUsable(proxy: string): boolean {
  if (!URL.canParse(proxy)) return false;
  const { protocol, hostname, pathname, search, hash, username, password } = new URL(proxy);
  if (!(protocol in DEFAULT_PORTS) || hostname === '') return false;
  // A password with a bare "/", "?" or "#" ends up behind the host, which messages name.
  if ((pathname + search + hash).includes('@')) return false;
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false; // a "%" that encodes nothing
  }
}

/**
 * Whether `NO_PROXY` names the host of a URL: `*`, a name that stands for those below it, too, with or without a dot
 * before it, an address, or a range of them in CIDR notation; a name or address may have a port.
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

/** @returns an entry's name, and its port; what is an IPv6 address without brackets has none */
function split(entry: string): [string, string | undefined] {
  const [, name = entry, port] = isIP(entry) === 6 ? [] : (/^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? []);
  return [name, port];
}

/** Without the brackets of an IPv6 address, and the dot that may end a name. */
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
