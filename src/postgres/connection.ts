import { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import { WorkerError } from '../base/errors.js';
import type { Attempt, Route } from './route.js';
import { isSocket } from './server-address.js';

/**
 * pg-boss creates its schema with statements that contain regular expressions with backslashes. In a database with `off`
 * they would create it wrongly. A startup parameter overrides the role's and the database's setting, and poolers accept
 * this one. (`pg` itself asks for UTF-8.)
 */
const STARTUP = { standard_conforming_strings: 'on' };

/** Members of pg's `Connection` that its typings leave out. */
interface Internals {
  stream: Socket;
  ssl: ConnectionOptions | false;
  _ending: boolean;
  connect(port: number | string, host?: string): void;
  requestSsl(): void;
  startup(config: Record<string, string>): void;
}

type ParameterStatus = { readonly parameterName?: string; readonly parameterValue?: string };

/** A server that answers but is not the kind that the URL asks for. Its code is that of a read-only server. */
class UnsuitableServerError extends WorkerError {}

/** PostgreSQL, appendix A: cannot_connect_now, the only answer after which libpq tries the next server. */
const CANNOT_CONNECT_NOW = '57P03';

/**
 * A connection of `pg` that finds its server as libpq does. It tries one server after the other, with TLS or without as
 * the URL says, until it reaches one that satisfies `target_session_attrs`; the client sees a failure only after the last.
 * Since PostgreSQL 14 a server reports what it is during login. A server that does not report it is accepted.
 */
class RoutedConnection extends (pg.Connection as unknown as new (config: object) => pg.Connection & Internals) {
  readonly #route: Route;
  /** The current attempt, and those that are left after it. */
  #attempts: readonly Attempt[];
  readonly #serverParameters = new Map<string, string>();
  #state: 'connecting' | 'connected' | 'settled' = 'connecting';
  #timer: NodeJS.Timeout | undefined;
  #failure: unknown;
  #default: [number | string, string?] = [5432];
  /** Below TLS, which replaces `stream`. */
  #socket: Socket = this.stream;

  constructor(route: Route, config: pg.ClientConfig) {
    super({ ...config, ssl: false, sslNegotiation: route.address.directTls ? 'direct' : 'postgres' });
    this.#route = route;
    this.#attempts = route.attempts();
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
        this.#state = 'connected';
        break;
      case 'parameterStatus': {
        const { parameterName = '', parameterValue = '' } = args[0] as ParameterStatus;
        this.#serverParameters.set(parameterName, parameterValue);
        break;
      }
      case 'readyForQuery': {
        const unsuitable = this.#checkServer();
        if (unsuitable !== undefined) return this.#fail(unsuitable);
        this.#settle();
        const [attempt] = this.#attempts;
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
    const [attempt] = this.#attempts;
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

  /** Starts the next attempt that can help. After the last it reports the first answer of a server, or the first failure. */
  #fail(failure: unknown): true {
    clearTimeout(this.#timer);
    if (!isAnswer(this.#failure)) this.#failure = isAnswer(failure) ? failure : (this.#failure ?? failure);
    this.#attempts = this._ending ? [] : this.#attemptsAfter(failure);
    this.#destroySockets();
    if (this.#attempts.length > 0) {
      this.stream = new Socket();
      this.#serverParameters.clear();
      this.#state = 'connecting';
      this.#try();
    } else {
      this.#settle();
      super.emit('error', this.#failure);
      super.emit('end');
    }
    return true;
  }

  #attemptsAfter(failure: unknown): readonly Attempt[] {
    const [failed, ...left] = this.#attempts;
    const isSame = ({ server }: Attempt) => server === failed?.server;
    // The server could be reached but did not accept us with TLS: try it without.
    if (left.some(isSame) && this.#state === 'connected' && !(failure instanceof UnsuitableServerError)) return left;
    // A role, password or database that one server rejects is not tried on the others.
    if (failure instanceof pg.DatabaseError && failure.code !== CANNOT_CONNECT_NOW) return [];
    return left.filter((attempt) => !isSame(attempt));
  }

  /** Both the TLS socket and the one below it, without any further event. */
  #destroySockets(): void {
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

  /** @returns an error when the server is not the kind that the URL asks for */
  #checkServer(): UnsuitableServerError | undefined {
    const { target } = this.#route.address;
    const isOn = (parameter: string) => this.#serverParameters.get(parameter) === 'on';
    if (target === 'any') return undefined;
    if (!isOn('in_hot_standby') && !(target === 'read-write' && isOn('default_transaction_read_only')))
      return undefined;
    const { host = '', port } = this.#attempts[0]?.server ?? {};
    const where = `${host}${port === undefined ? '' : `:${port}`}`;
    return new UnsuitableServerError('25006', `no server in the URL is ${target}; ${where} is not`, {
      fix: 'list every server in the URL, and make sure that one of them is the primary',
    });
  }
}

/** Whether a server sent it. Otherwise the connection failed on the way. */
function isAnswer(failure: unknown): boolean {
  return failure instanceof pg.DatabaseError || failure instanceof UnsuitableServerError;
}

/** The socket, which can be destroyed without waiting for the server. pg's typings leave it out. */
export function socketOf(client: pg.ClientBase): { destroy(): void } {
  return (client as unknown as { connection: Internals }).connection.stream;
}

/** The backend's process id as the server reported it. A pooler may report none, or a false one. */
export function processIdOf(client: pg.ClientBase): number | undefined {
  return (client as unknown as { processID?: number | null }).processID ?? undefined;
}

/** A class of clients that find their server by this route. */
export function clientsOf(route: Route): new (config?: pg.ClientConfig) => pg.Client {
  return class extends pg.Client {
    constructor(config: pg.ClientConfig = {}) {
      const connection = new RoutedConnection(route, config);
      // The pool makes the password non-enumerable, so the spread would lose it.
      super({ ...config, password: config.password, connection } as pg.ClientConfig);
    }
  };
}
