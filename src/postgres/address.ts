/** A server that may hold the database. Undefined is what `pg` takes by default. */
export interface ServerAddress {
  /** A name or an address; with a leading slash, the directory of a socket. */
  readonly host: string | undefined;
  /** An address that is connected to in place of the host, which then only names the certificate. */
  readonly hostAddress?: string;
  readonly port: number | undefined;
}

/**
 * `prefer`: TLS with any certificate if the server offers it, otherwise none. `no-verify`: TLS with any certificate.
 * Undefined: the URL does not say.
 */
export type TlsMode = 'disable' | 'prefer' | 'no-verify' | 'verify-full' | undefined;

/** What a database's URL says, in libpq's terms. */
export interface DatabaseAddress {
  /** At least one, in the order in which they are tried. */
  readonly servers: readonly ServerAddress[];
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  readonly tls: TlsMode;
  /** Files that hold the authority's certificate, and the client's own with its key. */
  readonly files: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Whether TLS begins without asking the server first. */
  readonly directTls: boolean;
  /** What a server must be that is connected to; with several servers, one that takes writes. */
  readonly target: 'any' | 'primary' | 'read-write';
  /** All parameters, by name. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** What is wrong with a URL. It repeats nothing that may be a part of a password. */
export class AddressError extends Error {}

const NOT_A_URL =
  'is not a URL: give postgresql://user:password@host:5432/name, with special characters in the password percent-encoded';
const MISPLACED = 'holds an @ behind the host: percent-encode special characters of the password, such as / as %2F';
const PARTS =
  /^postgres(?:ql)?:\/\/(?:(?<userinfo>[^/?#]*)@)?(?<hosts>[^/?#@]*)(?<path>\/[^?#]*)?(?:\?(?<query>[^#]*))?(?<fragment>#.*)?$/is;

/**
 * libpq's modes that encrypt but check less are taken for `verify-full`, and `allow` for `prefer`: TLS where there is any.
 * `no-verify` is pg's own. asyncpg calls the parameter `ssl`.
 */
const TLS_MODES: Readonly<Record<string, TlsMode>> = {
  disable: 'disable',
  allow: 'prefer',
  prefer: 'prefer',
  require: 'verify-full',
  'verify-ca': 'verify-full',
  'verify-full': 'verify-full',
  'no-verify': 'no-verify',
  true: 'verify-full',
  '1': 'verify-full',
  false: 'disable',
  '0': 'disable',
};

/** libpq's `target_session_attrs`. Null: a server on which nothing can be stored. */
const TARGETS: Readonly<Record<string, DatabaseAddress['target'] | null>> = {
  any: 'any',
  'read-write': 'read-write',
  primary: 'primary',
  'read-only': null,
  standby: null,
  'prefer-standby': null,
};

/**
 * Reads a URL as libpq does (PostgreSQL, 34.1.1.2), which allows for several hosts, and for sockets, and takes host, port,
 * user, password and database as parameters, too; also as SQLAlchemy writes it, which repeats `host=name:port`.
 *
 * @throws AddressError
 */
export function readAddress(url: string): DatabaseAddress {
  const parts = PARTS.exec(url)?.groups;
  if (parts === undefined) throw new AddressError(NOT_A_URL);
  const query = new URLSearchParams(parts['query'] ?? '');
  const parameters = Object.fromEntries(query);
  const servers = readServers(parts['hosts'] ?? '', query);
  // A bare /, ? or # ends the password for every reader, and what is left of it stands where errors and logs name it.
  const { userinfo, path = '', query: behind = '', fragment = '' } = parts;
  if ((userinfo === undefined ? path + behind + fragment : path + fragment).includes('@'))
    throw new AddressError(MISPLACED);
  const [user, ...password] = userinfo?.split(':') ?? [];
  const files = filesOf(parameters);
  const directTls = parameters['sslnegotiation'] === 'direct';
  const tls = readTls(parameters) ?? (directTls || Object.keys(files).length > 0 ? 'verify-full' : undefined);
  if (directTls && (tls === 'disable' || tls === 'prefer')) {
    throw new AddressError('sslnegotiation=direct needs TLS: give sslmode=verify-full');
  }
  return {
    servers,
    user: given(parameters['user'], decode(user)),
    password: given(parameters['password'], decode(password.join(':'))),
    database: given(parameters['dbname'], decode(path.slice(1))),
    tls,
    files,
    directTls,
    target: readTarget(parameters['target_session_attrs'], servers.length),
    parameters,
  };
}

/** Host, port and database of a URL: what tells databases apart, and nothing that opens them. */
export function describeAddress(url: string): string {
  const { servers, database } = readAddress(url);
  const hosts = servers.map(({ host = '', port }) => `${withBrackets(host)}${port === undefined ? '' : `:${port}`}`);
  return `${hosts.join(',')}${database === undefined ? '' : `/${database}`}`;
}

/** Whether a server is reached through a socket of this machine, where there is no TLS. */
export function isSocket({ host }: ServerAddress): boolean {
  return host?.startsWith('/') === true;
}

/** Whether any certificate is accepted under this URL. */
export function acceptsAnyCertificate({ tls, servers }: DatabaseAddress): boolean {
  return (tls === 'no-verify' || tls === 'prefer') && !servers.every(isSocket);
}

/** The mode that a value of `sslmode` stands for, or of `PGSSLMODE`. @throws AddressError */
export function tlsModeOf(value: string): TlsMode {
  const mode = TLS_MODES[value.toLowerCase()];
  if (mode === undefined) {
    throw new AddressError('names no mode of TLS: give disable, prefer, verify-full or no-verify');
  }
  return mode;
}

function readTls({ sslmode, ssl }: Readonly<Record<string, string>>): TlsMode {
  const value = given(sslmode, ssl);
  return value === undefined ? undefined : tlsModeOf(value);
}

function filesOf({ sslrootcert, sslcert, sslkey }: Readonly<Record<string, string>>): DatabaseAddress['files'] {
  return {
    ...(sslrootcert !== undefined && sslrootcert !== 'system' && { ca: sslrootcert }),
    ...(sslcert !== undefined && { cert: sslcert }),
    ...(sslkey !== undefined && { key: sslkey }),
  };
}

function readTarget(value: string | undefined, servers: number): DatabaseAddress['target'] {
  if (value === undefined) return servers > 1 ? 'read-write' : 'any';
  const target = TARGETS[value];
  if (target === undefined) throw new AddressError('target_session_attrs is none of libpq’s: give read-write');
  if (target === null) {
    throw new AddressError(`target_session_attrs=${value} asks for a server that stores nothing: give read-write`);
  }
  return target;
}

/** Parameters go before what is in the place for it. */
function readServers(authority: string, query: URLSearchParams): ServerAddress[] {
  const inQuery = query.getAll('host').join(',');
  const hosts = (inQuery === '' ? authority : inQuery).split(',').map(readHost);
  const addresses = listOf(query, 'hostaddr');
  const ports = listOf(query, 'port').map(readPort);
  const all = hosts.length === 1 && addresses.length > 1 ? addresses.map(() => hosts[0] ?? readHost('')) : hosts;
  if (addresses.length > 0 && addresses.length !== all.length) throw new AddressError(uneven('hostaddr'));
  if (ports.length > 1 && ports.length !== all.length) throw new AddressError(uneven('port'));
  return all.map(({ host, port }, i) => ({
    host: host ?? addresses[i],
    ...(addresses[i] !== undefined && { hostAddress: addresses[i] }),
    port: (ports.length === 1 ? ports[0] : ports[i]) ?? port,
  }));
}

function uneven(parameter: string): string {
  return `has not as many values in ${parameter}= as there are hosts`;
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

/** The first that is there and not empty. */
function given(...values: readonly (string | undefined)[]): string | undefined {
  return values.find((value) => value !== undefined && value !== '');
}

/** As `pg` reads it: a % that encodes nothing stands for itself. */
function decode(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    return decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  } catch {
    throw new AddressError(NOT_A_URL);
  }
}

function withBrackets(host: string): string {
  return host.includes(':') && !host.startsWith('/') ? `[${host}]` : host;
}
