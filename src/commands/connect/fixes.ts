import { quoteColumn } from '../../postgres/identifiers.js';

// What startup and `doctor` both advise.

/** For connections without TLS that the URL did not ask for. */
export const ENABLE_TLS_FIX =
  'turn TLS on at the server (ssl = on), or set sslmode=disable in the URL if the network is trusted';

/** For a server whose certificate is not verified. */
export const VERIFY_TLS_FIX = 'sslmode=verify-full, with sslrootcert=FILE for your own certificate authority';

/** For a pooler, through which LISTEN and advisory locks are lost. */
export const DIRECT_URL_FIX = 'PALDOCS_LISTEN_DATABASE_URL=postgresql://… (of PostgreSQL itself, past the pooler)';

/** For a server that is read-only, or a role whose transactions are. */
export function writableFix(role: string): string {
  return `point PALDOCS_DATABASE_URL at the primary; or, if the role is set to read-only: ALTER ROLE ${quoteColumn(role)} RESET default_transaction_read_only;`;
}
