import pg from 'pg';
import { Rollback, type Queryable, type TransactionOptions } from './database.js';
import type { StatementNames } from './statement-names.js';
import { isStalePlan, isTransient } from './sqlstate.js';

/** How a query is run on a pg client. */
type Runner = Pick<pg.PoolClient, 'query'>;

export interface QueryableOptions {
  /** Of statements to prepare; undefined where a pooler hands out connections. */
  readonly names?: StatementNames | undefined;
  /** How long an answer is waited for; undefined: as long as the client is told to. */
  readonly answerMs?: number | undefined;
}

/** A client as the rest of the program sees it. */
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

/** A connection of the pool while somebody has it. */
export interface Lease {
  readonly client: pg.PoolClient;
  /** Closes it when it is given back, since it is of no more use. */
  readonly discard: (reason: Error) => void;
}

/**
 * Runs `work` on a connection of the pool. Only one that is of no more use is closed: pg's own `pool.query()` closes it
 * after any error, and opens another while the server still ends the first.
 */
export async function onClient<T>(pool: pg.Pool, work: (lease: Lease) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const discard = (reason: Error) => {
    broken ??= reason;
  };
  client.on('error', discard); // while checked out, the pool does not listen
  try {
    return await work({ client, discard });
  } catch (error) {
    if (isOfConnection(error) || hasStalePlan(error)) discard(error);
    else await endTransaction({ client, discard });
    throw error;
  } finally {
    client.off('error', discard);
    client.release(broken);
  }
}

/** Runs `work` in one transaction: see `Database.transaction`. `begin` begins it. */
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
      await sayLast({ client, discard }, 'ROLLBACK');
      return result.result;
    }
    await client.query('COMMIT');
    return result;
  } catch (error) {
    if (!isOfConnection(error)) {
      // A pooler that there may be keeps the server's side of the connection, with the functions it has planned.
      await sayLast({ client, discard }, hasStalePlan(error) ? 'ROLLBACK; DISCARD PLANS' : 'ROLLBACK');
    }
    throw error;
  } finally {
    client.off('notice', onMessage);
  }
}

/**
 * A script that began a transaction of its own may have failed within it. An error arrives before the server's word on the
 * transaction; an answer to nothing arrives after it.
 */
async function endTransaction(lease: Lease): Promise<void> {
  await sayLast(lease, '');
  if (lease.client.getTransactionStatus() !== 'I') await sayLast(lease, 'ROLLBACK');
}

/** The error before is the one to report; one of this statement says that the connection is of no more use. */
async function sayLast({ client, discard }: Lease, statement: string): Promise<void> {
  await client.query(statement).catch((failure: unknown) => {
    discard(failure instanceof Error ? failure : new Error(String(failure)));
  });
}

/**
 * What the driver says of the connection, such as a time-out, leaves it waiting for an answer. An error of the server, or
 * of the work itself, leaves it usable.
 */
function isOfConnection(error: unknown): error is Error {
  return error instanceof Error && isTransient(error) && !(error instanceof pg.DatabaseError);
}

/** Whether the connection goes on failing whatever needs the plan that it keeps. */
function hasStalePlan(error: unknown): error is Error {
  return error instanceof Error && isStalePlan(error);
}
