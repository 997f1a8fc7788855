import pg from 'pg';
import type { Queryable } from './database.js';
import type { StatementNames } from './statement-names.js';
import { isStalePlan, isTransient } from './faults.js';

/**
 * Each statement sees what was committed before it, whatever the administrator's default is: settling relies on it. And
 * a process that is frozen within a transaction must not hold its rows for as long as it is frozen. No transaction of
 * ours waits for anything but the database.
 */
const BEGIN = `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '15s'`;

/** How a query is run on a pg client or pool. */
type Runner = Pick<pg.Pool | pg.PoolClient, 'query'>;

/**
 * A client or pool as the rest of the program sees it.
 *
 * @param names of statements to prepare; undefined where a transaction pooler hands out connections
 */
export function queryable(runner: Runner, names: StatementNames | undefined): Queryable {
  const named = (text: string) => {
    const name = names?.of(text);
    return name === undefined ? {} : { name };
  };
  return {
    query: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
      (await runner.query<Row>({ text, values: [...values], ...named(text) })).rows,
    // Without values pg uses the simple protocol, in which pg-boss sends several statements at once.
    executeSql: async (text, values) => await runner.query({ text, ...(values && { values }), ...named(text) }),
  };
}

/** Runs `work` in one transaction on a connection of the pool: see `Database.transaction`. */
export async function transaction<T>(
  pool: pg.Pool,
  names: StatementNames | undefined,
  work: (tx: Queryable) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error) => (broken = error);
  client.on('error', onError); // while checked out, the pool does not listen
  try {
    await client.query(BEGIN);
    const result = await work(queryable(client, names));
    await client.query('COMMIT');
    return result;
  } catch (error) {
    try {
      // What the driver says of the connection, such as a time-out, leaves it waiting for an answer. An error of the
      // server, or of the work itself, leaves it usable.
      if (error instanceof Error && isTransient(error) && !(error instanceof pg.DatabaseError)) broken = error;
      else if (error instanceof Error && isStalePlan(error)) {
        // The pooler that there may be keeps the server's side of the connection, with the functions it has planned.
        await client.query('ROLLBACK; DISCARD PLANS');
        broken = error;
      } else await client.query('ROLLBACK');
    } catch (rollbackError) {
      // The first error is the one to report; this one says that the connection is of no more use.
      broken ??= rollbackError instanceof Error ? rollbackError : new Error(String(rollbackError));
    }
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}
