import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import { WorkerError } from '../base/errors.js';
import { isSocket, readAddress, type DatabaseAddress, type ServerAddress } from './address.js';

/**
 * pg-boss's statements that make its schema hold regular expressions with backslashes; with `off`, where a database is set so,
 * they make it wrongly. It goes before what role and database set, and poolers know it. (`pg` itself asks for UTF-8.)
 */
const STARTUP = { standard_conforming_strings: 'on' };

export interface RouteOptions {
  readonly url: string;
  readonly connectTimeoutMs: number;
  /** A connection was made without TLS, which the URL leaves to the server. */
  readonly onPlain: () => void;
}

/** How the connections of one URL find their server: all of them begin at the one that was found last. */
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

  /** What `pg` is told: all but where the server is, which `RoutedConnection` knows. */
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

  /** Each server in turn; where TLS is preferred, with it and then without. */
  attempts(): readonly Attempt[] {
    const { servers, tls } = this.address;
    const inTurn = [...servers.slice(this.#first), ...servers.slice(0, this.#first)];
    return inTurn.flatMap((server) => {
      const offered = isSocket(server) || tls === undefined || tls === 'disable' ? [false] : [true];
      return [...offered, ...(offered[0] === true && tls === 'prefer' ? [false] : [])].map((one) => ({
        server,
        tls: one,
      }));
    });
  }

  /** How long one of several servers is waited for; that of a single one is the caller's limit. */
  get attemptTimeoutMs(): number | undefined {
    const { length } = this.address.servers;
    return length > 1 ? this.#options.connectTimeoutMs / length : undefined;
  }

  reached({ server, tls }: Attempt): void {
    this.#first = Math.max(0, this.address.servers.indexOf(server));
    if (!tls && this.address.tls === 'prefer' && !isSocket(server)) this.#options.onPlain();
  }
}

/** Parameters of a URL that `pg` hands to the server. */
const PASSED_ON = [
  'application_name',
  'fallback_application_name',
  'options',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
] as const;

interface Attempt {
  readonly server: ServerAddress;
  readonly tls: boolean;
}

/**
 * What `pg` has in its `Connection`, and its typings leave out.
 */
interface Internals {
  stream: Socket;
  ssl: ConnectionOptions | false;
  _ending: boolean;
  connect(port: number | string, host?: string): void;
  requestSsl(): void;
  startup(config: Record<string, string>): void;
}

type Event = { readonly parameterName?: string; readonly parameterValue?: string };

/** A server that answers, and is not what the URL asks for. Its code is that of a server that does not write. */
class UnfitServerError extends WorkerError {}

/** PostgreSQL, appendix A: cannot_connect_now, the one answer after which libpq asks the next server. */
const CANNOT_CONNECT_NOW = '57P03';

/**
 * A connection of `pg`'s that finds its server as libpq does, before the client hears of a failure: one server after the
 * other, with TLS or without it as the URL says, until one lets us in that is what `target_session_attrs` asks for. What a
 * server is it says itself as it lets us in, since PostgreSQL 14; one that does not say is taken.
 */
class RoutedConnection extends (pg.Connection as unknown as new (config: object) => pg.Connection & Internals) {
  readonly #route: Route;
  #left: readonly Attempt[];
  readonly #told = new Map<string, string>();
  #state: 'connecting' | 'talking' | 'settled' = 'connecting';
  #timer: NodeJS.Timeout | undefined;
  #failure: unknown;
  #default: [number | string, string?] = [5432];
  #socket: Socket = this.stream;

  constructor(route: Route, config: pg.ClientConfig) {
    super({ ...config, ssl: false, sslNegotiation: route.address.directTls ? 'direct' : 'postgres' });
    this.#route = route;
    this.#left = route.attempts();
  }

  override connect(...given: [number | string, string?]): void {
    this.#default = given;
    this.#try();
  }

  override requestSsl(): void {
    if (this.ssl === false) this.emit('sslconnect');
    else if (!this.#route.address.directTls) super.requestSsl();
  }

  override startup(config: Record<string, string>): void {
    super.startup({ ...STARTUP, ...config });
  }

  override emit(event: string, ...args: unknown[]): boolean {
    if (this.#state === 'settled') return super.emit(event, ...args);
    switch (event) {
      case 'connect':
        this.#state = 'talking';
        break;
      case 'parameterStatus': {
        const { parameterName = '', parameterValue = '' } = args[0] as Event;
        this.#told.set(parameterName, parameterValue);
        break;
      }
      case 'readyForQuery': {
        const unfit = this.#unfit();
        if (unfit !== undefined) return this.#fail(unfit);
        this.#settle();
        const [attempt] = this.#left;
        if (attempt !== undefined) this.#route.reached(attempt);
        break;
      }
      case 'error':
      case 'errorMessage':
        return this.#fail(args[0]);
      case 'end':
        return this.#fail(new Error('Connection terminated unexpectedly'));
      default:
        break;
    }
    return super.emit(event, ...args);
  }

  #try(): void {
    const [attempt] = this.#left;
    const { server, tls } = attempt ?? { server: { host: undefined, port: undefined }, tls: false };
    const { attemptTimeoutMs } = this.#route;
    this.#socket = this.stream;
    this.ssl = tls && { ...this.#route.tls, ...(server.hostAddress !== undefined && { servername: server.host }) };
    if (attemptTimeoutMs !== undefined) {
      this.#timer = setTimeout(() => {
        this.stream.destroy(Object.assign(new Error('timeout expired'), { code: 'ETIMEDOUT' }));
      }, attemptTimeoutMs);
    }
    const [port, host] = this.#default;
    const { port: ownPort = typeof port === 'number' ? port : 5432 } = server;
    if (isSocket(server)) super.connect(`${server.host ?? ''}/.s.PGSQL.${ownPort}`);
    else if (server.host === undefined) super.connect(port, host);
    else super.connect(ownPort, server.hostAddress ?? server.host);
  }

  /** Goes on with the next attempt that can help, or passes on the failure that tells most: the first that a server gave. */
  #fail(failure: unknown): true {
    clearTimeout(this.#timer);
    if (!isAnswer(this.#failure)) this.#failure = isAnswer(failure) ? failure : (this.#failure ?? failure);
    this.#left = this._ending ? [] : this.#after(failure);
    this.#abandon();
    if (this.#left.length > 0) {
      this.stream = new Socket();
      this.#told.clear();
      this.#state = 'connecting';
      this.#try();
    } else {
      this.#settle();
      super.emit('error', this.#failure);
      super.emit('end');
    }
    return true;
  }

  /** What is left to try. */
  #after(failure: unknown): readonly Attempt[] {
    const [failed, ...left] = this.#left;
    const isSame = ({ server }: Attempt) => server === failed?.server;
    // The same server is asked without TLS where it was there to be asked, and would not have us with it.
    if (left.some(isSame) && this.#state === 'talking' && !(failure instanceof UnfitServerError)) return left;
    // A role, password or database that one server refuses is not tried at the others.
    if (failure instanceof pg.DatabaseError && failure.code !== CANNOT_CONNECT_NOW) return [];
    return left.filter((attempt) => !isSame(attempt));
  }

  /** Nothing more is heard of these sockets: the one that TLS is spoken on, and the one below it. */
  #abandon(): void {
    for (const socket of [this.stream, this.#socket]) {
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.destroy();
    }
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.#state = 'settled';
  }

  #unfit(): UnfitServerError | undefined {
    const { target } = this.#route.address;
    const is = (parameter: string) => this.#told.get(parameter) === 'on';
    if (target === 'any') return undefined;
    if (!is('in_hot_standby') && !(target === 'read-write' && is('default_transaction_read_only'))) return undefined;
    const { host = '', port } = this.#left[0]?.server ?? {};
    const where = `${host}${port === undefined ? '' : `:${port}`}`;
    return new UnfitServerError('25006', `the server ${where} is not ${target}, and no other that the URL names is`, {
      fix: 'name all servers in the URL, and see to it that one of them is the primary',
    });
  }
}

/** Whether a server said it, rather than the way to it failing. */
function isAnswer(failure: unknown): boolean {
  return failure instanceof pg.DatabaseError || failure instanceof UnfitServerError;
}

/** What pg has and its typings leave out: the socket, which can be let go of without waiting for the server. */
export function socketOf(client: pg.ClientBase): { destroy(): void } {
  return (client as unknown as { connection: Internals }).connection.stream;
}

/** The backend that the server said it was; a pooler may say nothing, or anything. */
export function processIdOf(client: pg.ClientBase): number | undefined {
  return (client as unknown as { processID?: number | null }).processID ?? undefined;
}

/** A class of clients that find their server by this route. */
export function clientsOf(route: Route): new (config?: pg.ClientConfig) => pg.Client {
  return class extends pg.Client {
    constructor(config: pg.ClientConfig = {}) {
      const connection = new RoutedConnection(route, config);
      // The pool hides the password from those that copy its options.
      super({ ...config, password: config.password, connection } as pg.ClientConfig);
    }
  };
}
