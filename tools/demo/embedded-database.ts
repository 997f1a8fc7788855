import type { PGlite } from '@electric-sql/pglite';
import { fromPglite } from 'pg-boss';
import {
  Rollback,
  type Database,
  type Queryable,
  type Session,
  type TransactionOptions,
} from '../../src/postgres/database.js';

/** What PGlite and its transactions have in common. */
type PGliteQueryable = Pick<PGlite, 'query' | 'exec'>;

/**
 * Adapts the embedded PostgreSQL to the worker's database interface. There is only one connection, so a session is that
 * connection again: LISTEN works, and the only possible replica leads.
 */
export function embeddedDatabase(pglite: PGlite): Database {
  const direct = queryable(pglite);
  return {
    ...direct,
    backend: 'pglite',
    transaction: async <T>(work: (tx: Queryable) => Promise<T | Rollback<T>>, options?: TransactionOptions) =>
      await pglite.transaction<T>(async (tx) => {
        const result = await work(queryable(tx, options));
        if (!(result instanceof Rollback)) return result;
        await tx.rollback();
        return result.result;
      }),
    withoutLimits: (work) => work(direct), // there are none
    connect: () => Promise.resolve(session(pglite, direct)),
    // As text, because PGlite has no binary format for types without a serializer.
    encodeVectors: (vectors) => `{${vectors.map((vector) => `"[${vector.join(',')}]"`).join(',')}}`,
    ownsBackend: () => false,
    close: () => pglite.close(),
  };
}

function queryable(runner: PGliteQueryable, { onNotice }: TransactionOptions = {}): Queryable {
  const options = onNotice && {
    onNotice: ({ message }: { readonly message: string | undefined }) => onNotice(message ?? ''),
  };
  return {
    query: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
      (await runner.query<Row>(text, [...values], options)).rows,
    executeSql: (text, values) => fromPglite(runner).executeSql(text, values),
  };
}

function session(pglite: PGlite, direct: Queryable): Session {
  const unlisten: (() => Promise<void>)[] = [];
  return {
    ...direct,
    lost: new Promise<never>(() => undefined), // it ends with the process
    listen: async (channel, onNotification) => {
      unlisten.push(
        await pglite.listen(channel, (payload) => {
          onNotification({ payload, processId: -1 });
        }),
      );
    },
    close: async () => {
      await Promise.all(unlisten.map((stop) => stop()));
      await direct.query('SELECT pg_advisory_unlock_all()');
    },
  };
}
