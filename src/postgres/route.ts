import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type pg from 'pg';
import { readAddress, type DatabaseAddress } from './address.js';
import { isSocket, type ServerAddress } from './server-address.js';

export interface RouteOptions {
  readonly url: string;
  readonly connectTimeoutMs: number;
  /** Called when a connection was made without TLS because the URL leaves the choice to the server. */
  readonly onPlain: () => void;
}

/** One way to try: a server, with TLS or without. */
export interface Attempt {
  readonly server: ServerAddress;
  readonly tls: boolean;
}

/** URL parameters that `pg` passes to the server. */
const PASSED_ON = [
  'application_name',
  'fallback_application_name',
  'options',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
] as const;

/** How the connections of one URL reach their server. New connections start with the server that was reached last. */
export class Route {
  readonly address: DatabaseAddress;
  readonly tls: ConnectionOptions;
  readonly #options: RouteOptions;
  #first = 0;

  constructor(options: RouteOptions) {
    this.#options = options;
    this.address = readAddress(options.url);
    const { files, tls } = this.address;
    const read = (path: string | undefined, name: 'ca' | 'cert' | 'key') =>
      path === undefined ? {} : { [name]: readFileSync(path, 'utf8') };
    this.tls = {
      rejectUnauthorized: tls === 'verify-full',
      ...read(files.ca, 'ca'),
      ...read(files.cert, 'cert'),
      ...read(files.key, 'key'),
    };
  }

  /** The options for `pg`, without the choice of server, which `RoutedConnection` makes. */
  get clientConfig(): pg.ClientConfig {
    const { user, password, database, servers, parameters } = this.address;
    const [{ host, port } = {}] = servers;
    const passedOn = PASSED_ON.flatMap((name) => (parameters[name] === undefined ? [] : [[name, parameters[name]]]));
    return {
      ...{ user, password, database, host, port },
      ssl: this.attempts().some(({ tls }) => tls),
      ...(Object.fromEntries(passedOn) as Partial<pg.ClientConfig>),
    };
  }

  /** Each server in turn. If TLS is preferred, each first with TLS and then without. */
  attempts(): readonly Attempt[] {
    const { servers, tls } = this.address;
    const inTurn = [...servers.slice(this.#first), ...servers.slice(0, this.#first)];
    return inTurn.flatMap((server) => {
      if (isSocket(server) || tls === undefined || tls === 'disable') return [{ server, tls: false }];
      return tls === 'prefer'
        ? [
            { server, tls: true },
            { server, tls: false },
          ]
        : [{ server, tls: true }];
    });
  }

  /** The timeout for each of several servers. A single server has the caller's own timeout. */
  get attemptTimeoutMs(): number | undefined {
    const { length } = this.address.servers;
    return length > 1 ? this.#options.connectTimeoutMs / length : undefined;
  }

  /** To be called when an attempt has succeeded. */
  reached({ server, tls }: Attempt): void {
    this.#first = Math.max(0, this.address.servers.indexOf(server));
    if (!tls && this.address.tls === 'prefer' && !isSocket(server)) this.#options.onPlain();
  }
}
