import pg from 'pg';
import { clientsOf, processIdOf, socketOf } from './connection.js';
import type { Route } from './route.js';

export interface PoolOptions {
  readonly route: Route;
  readonly applicationName: string;
  readonly size: number;
  readonly queryTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** Called for each new connection before its first use. */
  readonly onConnect: (client: pg.ClientBase) => Promise<void>;
  /** Called when an idle connection is lost. */
  readonly onError: (error: Error) => void;
  readonly onBackend: (processId: number, ended: Promise<void>) => void;
}

const IDLE_TIMEOUT_MS = 30_000;
/**
 * A prepared statement keeps its plan until its tables are analysed. A plan made while a table was empty would scan the
 * whole table once it is large. Autovacuum analyses within minutes; this limit covers databases where it is off.
 */
const MAX_LIFETIME_SECONDS = 300;

export interface OpenPool {
  readonly pool: pg.Pool;
  /**
   * Closes the pool once its connections have been returned. After `graceMs` it destroys the remaining sockets, because
   * a half-open connection never answers, not even when it is closed.
   */
  end(graceMs: number): Promise<void>;
}

/** Opens a pool whose connections can be closed without an answer from the server. */
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
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- pg awaits it; its typings do not say so
    onConnect: options.onConnect,
  });
  const sockets = new Set<{ destroy(): void }>();
  pool.on('error', options.onError);
  pool.on('connect', (client) => {
    // The pool listens for errors while a client is idle, and onClient() while it is checked out. Between the two, an
    // error that the server sent in the same packet as its last answer would end the process.
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
