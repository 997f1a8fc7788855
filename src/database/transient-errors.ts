import { isCertificateError } from '../certificates.js';
import { errorCode } from '../errors.js';

/**
 * Which failures of the database are nobody's fault and pass by themselves. One table, so that every caller that may
 * try again agrees on what is worth it. Codes: PostgreSQL, appendix A; Node's errno names.
 */
// Besides all of class 08, connections, and class 53, resources that have run out.
const TRANSIENT_SQLSTATES: Readonly<Record<string, string>> = {
  '40001': 'serialization failure',
  '40P01': 'deadlock, caused by someone who locks in another order',
  '55P03': 'lock not available in time',
  '57P01': 'administrator ended the connection',
  '57P02': 'server crash',
  '57P03': 'server starting up or shutting down',
  '57P05': 'idle session timeout',
  '57014': 'statement timeout or cancel',
  '25P03': 'idle in transaction session timeout',
  '25P04': 'transaction timeout',
  '58000': 'system error',
  '58030': 'I/O error',
  // A standby that was promoted or a primary that became one: the next connection finds the right server.
  '25006': 'read-only transaction',
};

const TRANSIENT_SYSTEM_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** pg raises these without a code. */
const TRANSIENT_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout|connection is closed|not queryable/i;

/** Whether the same statement or transaction may succeed when tried again, on a new connection. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isTransient);
  const code = errorCode(error) ?? '';
  if (code.startsWith('08') || code.startsWith('53') || code in TRANSIENT_SQLSTATES || TRANSIENT_SYSTEM_CODES.has(code))
    return true;
  // At start it ends the program. Later it is an outage like any other: the server had a good one before.
  return TRANSIENT_MESSAGES.test(error.message) || isCertificateError(error);
}

/** Whether the server is well and will not do this: it does not know it, it is a standby, or the role may not. */
export function isRefused(error: unknown): boolean {
  const code = errorCode(error) ?? '';
  return code === '25006' || (/^[0-9A-Z]{5}$/.test(code) && !isTransient(error));
}

/** Whether the driver gave up waiting for an answer, as on a connection that swallows everything. It has no code for it. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}
