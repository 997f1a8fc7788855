import { AddressError, decode, isSocket, NOT_A_URL, readServers, type ServerAddress } from './server-address.js';

/**
 * `prefer`: TLS with any certificate if the server offers it, otherwise none. `no-verify`: TLS with any certificate.
 * Undefined: the URL does not say.
 */
export type TlsMode = 'disable' | 'prefer' | 'no-verify' | 'verify-full' | undefined;

/** What the URL of a database says, in libpq's terms. */
export interface DatabaseAddress {
  /** At least one, in the order to try them. */
  readonly servers: readonly ServerAddress[];
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  readonly tls: TlsMode;
  /** Files with the authority's certificate, and with the client's certificate and key. */
  readonly files: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Whether TLS starts without asking the server first. */
  readonly directTls: boolean;
  /** What a server must be. With several servers the default is one that accepts writes. */
  readonly target: 'any' | 'primary' | 'read-write';
  /** All parameters, by name. */
  readonly parameters: Readonly<Record<string, string>>;
}

const MISPLACED = 'has an @ after the host: percent-encode special characters of the password, such as / as %2F';
const PARTS =
  /^postgres(?:ql)?:\/\/(?:(?<userinfo>[^/?#]*)@)?(?<hosts>[^/?#@]*)(?<path>\/[^?#]*)?(?:\?(?<query>[^#]*))?(?<fragment>#.*)?$/is;

/**
 * libpq's modes that encrypt but check less count as `verify-full`, and `allow` counts as `prefer`, so that TLS is used
 * where it exists. `no-verify` is pg's own. asyncpg calls the parameter `ssl`.
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

/** libpq's `target_session_attrs`. Null: nothing can be stored on such a server. */
const TARGETS: Readonly<Record<string, DatabaseAddress['target'] | null>> = {
  any: 'any',
  'read-write': 'read-write',
  primary: 'primary',
  'read-only': null,
  standby: null,
  'prefer-standby': null,
};

/**
 * Reads a URL as libpq does (PostgreSQL, 34.1.1.2): it may list several hosts or a socket, and give host, port, user,
 * password and database as parameters. SQLAlchemy's form with repeated `host=name:port` is accepted, too.
 *
 * @throws AddressError
 */
export function readAddress(url: string): DatabaseAddress {
  const parts = PARTS.exec(url)?.groups;
  if (parts === undefined) throw new AddressError(NOT_A_URL);
  const query = new URLSearchParams(parts['query'] ?? '');
  const parameters = Object.fromEntries(query);
  const servers = readServers(parts['hosts'] ?? '', query);
  // A bare /, ? or # ends the password for every parser. The rest of it would appear in errors and logs.
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
    user: firstGiven(parameters['user'], decode(user)),
    password: firstGiven(parameters['password'], decode(password.join(':'))),
    database: firstGiven(parameters['dbname'], decode(path.slice(1))),
    tls,
    files,
    directTls,
    target: readTarget(parameters['target_session_attrs'], servers.length),
    parameters,
  };
}

/** Host, port and database of a URL: enough to identify the database, without any credentials. */
export function describeAddress(url: string): string {
  const { servers, database } = readAddress(url);
  const hosts = servers.map(({ host = '', port }) => `${withBrackets(host)}${port === undefined ? '' : `:${port}`}`);
  return `${hosts.join(',')}${database === undefined ? '' : `/${database}`}`;
}

/** Whether a connection to this address accepts any certificate. */
export function acceptsAnyCertificate({ tls, servers }: DatabaseAddress): boolean {
  return (tls === 'no-verify' || tls === 'prefer') && !servers.every(isSocket);
}

/** The mode for a value of `sslmode` or `PGSSLMODE`. @throws AddressError */
export function tlsModeOf(value: string): TlsMode {
  const mode = TLS_MODES[value.toLowerCase()];
  if (mode === undefined) {
    throw new AddressError('has an unknown TLS mode: give disable, prefer, verify-full or no-verify');
  }
  return mode;
}

function readTls({ sslmode, ssl }: Readonly<Record<string, string>>): TlsMode {
  const value = firstGiven(sslmode, ssl);
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
  if (target === undefined) throw new AddressError('has an unknown target_session_attrs: give read-write');
  if (target === null) {
    throw new AddressError(
      `target_session_attrs=${value} asks for a server that cannot store anything: give read-write`,
    );
  }
  return target;
}

/** The first value that is neither undefined nor empty. */
function firstGiven(...values: readonly (string | undefined)[]): string | undefined {
  return values.find((value) => value !== undefined && value !== '');
}

function withBrackets(host: string): string {
  return host.includes(':') && !host.startsWith('/') ? `[${host}]` : host;
}
