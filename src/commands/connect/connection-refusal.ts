import { certificateProblem } from '../../base/certificate-errors.js';
import { ConfigurationError, errorCode } from '../../base/errors.js';
import { describeAddress, readAddress } from '../../postgres/address.js';
import { quoteColumn } from '../../postgres/identifiers.js';

/** What a fix names; identifiers are quoted. */
interface FixNames {
  readonly variable: string;
  readonly database: string;
  readonly role: string;
}

interface Refusal {
  readonly found: string;
  readonly fix: (names: FixNames) => string;
}

/** Refusals that waiting does not change, by SQLSTATE (PostgreSQL, appendix A). */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  '28P01': {
    found: 'the server refuses the password',
    fix: ({ variable }) => `correct user and password in ${variable}`,
  },
  '28000': {
    found: 'the server refuses this role, this client’s address, or a connection without TLS (pg_hba.conf)',
    fix: ({ variable, role }) =>
      `ALTER ROLE ${role} LOGIN;\nor correct the user in ${variable}, or give sslmode=verify-full; or allow it in pg_hba.conf`,
  },
  '3D000': {
    found: 'the server has no database of that name',
    fix: ({ variable, database }) => `CREATE DATABASE ${database};\nor correct the name in ${variable}`,
  },
  '42501': {
    found: 'the role may not connect to this database',
    fix: ({ database, role }) => `GRANT CONNECT ON DATABASE ${database} TO ${role};`,
  },
};

/** PgBouncer's message in statement mode (its server.c); the code is that of a lost connection. */
const NO_TRANSACTIONS = 'transaction blocks not allowed in statement pooling mode';

/** pg's message, without a code, when the URL requires TLS and the server has none. */
const NO_TLS = 'The server does not support SSL connections';

/**
 * Turns a connection error that waiting does not change into one that names the variable and the fix: the server refuses
 * us, or we refuse its certificate.
 *
 * @param variable the one that holds the URL
 * @returns undefined for any other error
 */
export function connectionRefusal(error: unknown, variable: string, url: string): ConfigurationError | undefined {
  const refuse = (code: string, what: string, fix: string) =>
    new ConfigurationError(code, `${variable}: ${describeAddress(url)}${what}`, { cause: error, fix });
  const refusal = REFUSALS[errorCode(error) ?? ''];
  if (refusal !== undefined) {
    const { database, user } = readAddress(url);
    const names = { variable, database: quoteColumn(database ?? user ?? ''), role: quoteColumn(user ?? '') };
    return refuse('DATABASE_REFUSED', `: ${refusal.found}`, refusal.fix(names));
  }
  const problem = certificateProblem(error, 'let sslrootcert in the URL name');
  if (problem !== undefined) return refuse('DATABASE_CERTIFICATE', `: the server's ${problem.found}`, problem.fix);
  const message = error instanceof Error ? error.message : undefined;
  if (message === NO_TRANSACTIONS) {
    return refuse(
      'DATABASE_POOLED',
      ' is a pooler in statement mode, which allows no transactions',
      `let ${variable} reach PostgreSQL itself, past the pooler; or set pool_mode = session there`,
    );
  }
  if (message === NO_TLS) {
    return refuse(
      'DATABASE_TLS',
      ' offers no TLS',
      `turn it on at the server (ssl = on), or set sslmode=disable in ${variable} if the network is trusted`,
    );
  }
  return undefined;
}
