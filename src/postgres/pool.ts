import pg from 'pg';
import { clientsOf, processIdOf, socketOf, type Route } from './connection.js';

export interface PoolOptions {
  readonly route: Route;
  readonly applicationName: string;
  readonly size: number;
  readonly queryTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** Run on each connection before anybody gets it. */
  readonly onConnect: (client: pg.ClientBase) => Promise<void>;
  /** An idle connection was lost. */
  readonly onError: (error: Error) => void;
  readonly onBackend: (processId: number, ended: Promise<void>) => void;
}

const IDLE_TIMEOUT_MS = 30_000;
/**
 * A prepared statement keeps its plan until its tables are analysed. Planned when a table was empty, it would read all of
 * it once it is large; autovacuum comes by within minutes, and where it is off, this does.
 */
const MAX_LIFETIME_SECONDS = 300;

export interface OpenPool {
  readonly pool: pg.Pool;
  /**
   * Ends it when its connections have been given back. After `graceMs` it lets go of those that have not: on a
   * half-open connection neither question nor goodbye is ever answered.
   */
  end(graceMs: number): Promise<void>;
}

/** Opens a pool whose connections can be let go of without their server. */
export function openPool(options: PoolOptions): OpenPool {
  const pool = new pg.Pool({
    application_name: options.applicationName,
    ...options.route.clientConfig,
    Client: clientsOf(options.route),
    max: options.size,
    connectionTimeoutMillis: options.connectTimeoutMs,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    maxLifetimeSeconds: MAX_LIFETIME_SECONDS,
    query_timeout: options.queryTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- it is waited for, which pg's typings do not say
    onConnect: options.onConnect,
  });
  const sockets = new Set<{ destroy(): void }>();
  pool.on('error', options.onError);
  pool.on('connect', (client) => {
    // The pool listens while a client is idle, and a transaction while it holds one. In between, as it is handed over,
    // an error that the server sent in the same packet as its last answer would end the process.
    client.on('error', () => undefined);
    const socket = socketOf(client);
    const processId = processIdOf(client);
    sockets.add(socket);
    const ended = new Promise<void>((resolve) => {
      client.once('end', () => {
        sockets.delete(socket);
        resolve();
      });
    });
    if (processId !== undefined) options.onBackend(processId, ended);
  });
  let ending: Promise<void> | undefined;
  return {
    pool,
    end: async (graceMs) => {
      ending ??= pool.end();
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      try {
        await ending;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
