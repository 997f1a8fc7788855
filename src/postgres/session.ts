import pg from 'pg';
import { clientsOf, socketOf } from './connection.js';
import type { Notification, Session } from './database.js';
import type { Route } from './route.js';
import { SessionSettings } from './session-settings.js';
import { isRejectedByServer } from './sqlstate.js';

/** A session's statements are small; one that takes longer means that the connection is half-open. */
const SESSION_QUERY_TIMEOUT_MS = 10_000;

/** Lower, so that the server ends a waiting statement and the session survives. */
const SESSION_LIMITS = { lockMs: 3_000, statementMs: 8_000 };
const CLOSE_TIMEOUT_MS = 1_000;

export interface OpenSessionOptions {
  readonly route: Route;
  readonly applicationName: string;
  readonly idleTimeoutSeconds?: number;
  readonly connectTimeoutMs: number;
}

/**
 * Opens a dedicated connection.
 *
 * @throws the driver's error when the server cannot be reached in time
 */
export async function openSession(options: OpenSessionOptions): Promise<Session> {
  const client = new (clientsOf(options.route))({
    application_name: options.applicationName,
    ...options.route.clientConfig,
    connectionTimeoutMillis: options.connectTimeoutMs,
    query_timeout: SESSION_QUERY_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
  });
  let closing = false;
  const lost = new Promise<Error>((resolve) => {
    client.on('error', (error) => {
      if (!closing) resolve(error);
    });
    client.on('end', () => {
      if (!closing) resolve(new Error('Connection terminated: the session ended'));
    });
  });
  let idleTimeoutRefusal: Error | undefined;
  try {
    await client.connect();
    await new SessionSettings(SESSION_LIMITS).set(client);
    if (options.idleTimeoutSeconds !== undefined) {
      // Since PostgreSQL 14. Not a startup parameter: poolers reject the ones they do not know.
      await client
        .query(`SELECT set_config('idle_session_timeout', $1, false)`, [`${options.idleTimeoutSeconds}s`])
        .catch((error: unknown) => {
          if (!(error instanceof Error) || !isRejectedByServer(error)) throw error;
          idleTimeoutRefusal = error;
        });
    }
  } catch (error) {
    closing = true;
    socketOf(client).destroy();
    throw error;
  }

  // One statement at a time: several parts of the worker use the same session.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const answer = last.then(run);
    last = answer.catch(() => undefined); // the caller gets the error
    return answer;
  };

  return {
    lost,
    ...(idleTimeoutRefusal === undefined ? {} : { idleTimeoutRefusal }),
    query: <Row extends object>(text: string, values: readonly unknown[] = []) =>
      inTurn(async () => (await client.query<Row>(text, [...values])).rows),
    executeSql: (text, values) => inTurn(() => client.query(text, values)),
    listen: async (channel, onNotification: (notification: Notification) => void) => {
      const receive = (message: pg.Notification) => {
        if (message.channel === channel) {
          onNotification({ payload: message.payload ?? '', processId: message.processId });
        }
      };
      client.on('notification', receive); // before LISTEN: a notification may arrive with its answer
      try {
        await inTurn(() => client.query(`LISTEN ${pg.escapeIdentifier(channel)}`));
      } catch (error) {
        client.off('notification', receive); // the caller may try again
        throw error;
      }
    },
    close: async () => {
      closing = true;
      // A half-open connection never answers, not even when it is closed.
      const timer = setTimeout(() => {
        socketOf(client).destroy();
      }, CLOSE_TIMEOUT_MS);
      try {
        await client.end();
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
