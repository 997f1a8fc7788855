import pg from 'pg';
import { Rollback, type Queryable, type TransactionOptions } from './database.js';
import type { StatementNames } from './statement-names.js';
import { isStalePlan, isTransient } from './sqlstate.js';

/** The part of a pg client that runs a query. */
type Runner = Pick<pg.PoolClient, 'query'>;

export interface QueryableOptions {
  /** Names for prepared statements; undefined behind a pooler. */
  readonly names?: StatementNames | undefined;
  /** How long to wait for an answer; undefined: the client's own timeout. */
  readonly answerMs?: number | undefined;
}

/** A pg client as a `Queryable`. */
export function queryable(runner: Runner, { names, answerMs }: QueryableOptions): Queryable {
  const optionsOf = (text: string) => {
    const name = names?.of(text);
    return { ...(name !== undefined && { name }), ...(answerMs !== undefined && { query_timeout: answerMs }) };
  };
  return {
    query: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
      (await runner.query<Row>({ text, values: [...values], ...optionsOf(text) })).rows,
    // Without values pg uses the simple protocol, in which pg-boss sends several statements at once.
    executeSql: async (text, values) => await runner.query({ text, ...(values && { values }), ...optionsOf(text) }),
  };
}

/** A connection while it is checked out of the pool. */
export interface Lease {
  readonly client: pg.PoolClient;
  /** Marks it as unusable: it is closed on return to the pool. */
  readonly discard: (reason: Error) => void;
}

/**
 * Runs `work` on a connection of the pool, and closes the connection only if it is unusable. pg's own `pool.query()`
 * closes it after any error, and opens another while the server is still ending the first.
 */
export async function onClient<T>(pool: pg.Pool, work: (lease: Lease) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const discard = (reason: Error) => {
    broken ??= reason;
  };
  client.on('error', discard); // the pool listens only while the client is idle
  try {
    return await work({ client, discard });
  } catch (error) {
    if (isConnectionError(error) || hasStalePlan(error)) discard(error);
    else await endTransaction({ client, discard });
    throw error;
  } finally {
    client.off('error', discard);
    client.release(broken);
  }
}

/** Runs `work` between `begin` and COMMIT or ROLLBACK: see `Database.transaction`. */
export async function transaction<T>(
  { client, discard }: Lease,
  begin: () => Promise<void>,
  work: () => Promise<T | Rollback<T>>,
  onNotice?: TransactionOptions['onNotice'],
): Promise<T> {
  const onMessage = ({ message }: { readonly message?: string | undefined }) => onNotice?.(message ?? '');
  client.on('notice', onMessage);
  try {
    await begin();
    const result = await work();
    if (result instanceof Rollback) {
      await sendLast({ client, discard }, 'ROLLBACK');
      return result.result;
    }
    await client.query('COMMIT');
    return result;
  } catch (error) {
    if (!isConnectionError(error)) {
      // A pooler may keep the server's side of the connection, with its stale plans of functions.
      await sendLast({ client, discard }, hasStalePlan(error) ? 'ROLLBACK; DISCARD PLANS' : 'ROLLBACK');
    }
    throw error;
  } finally {
    client.off('notice', onMessage);
  }
}

/**
 * A script that began its own transaction may have failed inside it. The error arrives before the server reports the
 * state of the transaction; the answer to an empty statement arrives after it.
 */
async function endTransaction(lease: Lease): Promise<void> {
  await sendLast(lease, '');
  if (lease.client.getTransactionStatus() !== 'I') await sendLast(lease, 'ROLLBACK');
}

/** Sends a statement whose failure only means that the connection is unusable. */
async function sendLast({ client, discard }: Lease, statement: string): Promise<void> {
  await client.query(statement).catch((failure: unknown) => {
    discard(failure instanceof Error ? failure : new Error(String(failure)));
  });
}

/**
 * Whether the driver reports a failure of the connection, such as a timeout, which leaves the connection waiting for an
 * answer. An error of the server, or of the work itself, leaves it usable.
 */
function isConnectionError(error: unknown): error is Error {
  return error instanceof Error && isTransient(error) && !(error instanceof pg.DatabaseError);
}

/** Whether every statement that uses this plan would keep failing on this connection. */
function hasStalePlan(error: unknown): error is Error {
  return error instanceof Error && isStalePlan(error);
}
