import { isCertificateError } from '../base/certificate-errors.js';
import { errorCode } from '../base/errors.js';

/**
 * What to do about a database failure. One table, so that every part reacts in the same way.
 *
 * - `retry`: no block caused it, and it passes quickly. The same work runs again on a new connection.
 * - `hold`: no single block can cause it. All work pauses until the database is usable; no attempt is counted.
 * - `split`: a block may be the cause. The batch is split until the failing block is alone.
 */
export type Reaction = 'retry' | 'hold' | 'split';

interface Fault {
  readonly reaction: Reaction;
  /** Whether it can pass without a change to this program or its settings. Commands wait for it as well. */
  readonly passes: boolean;
}

const RETRY: Fault = { reaction: 'retry', passes: true };
const HOLD: Fault = { reaction: 'hold', passes: false };
const HOLD_UNTIL_IT_PASSES: Fault = { reaction: 'hold', passes: true };
const SPLIT: Fault = { reaction: 'split', passes: false };
const SPLIT_TIMEOUT: Fault = { reaction: 'split', passes: true };

/** By SQLSTATE, or by its class (the first two characters): PostgreSQL, appendix A. Default: `split`. */
const BY_SQLSTATE: Readonly<Record<string, Fault>> = {
  '08': RETRY, // connection
  '22': SPLIT, // data
  '23': SPLIT, // integrity constraint
  '25006': HOLD_UNTIL_IT_PASSES, // read-only transaction
  '25P03': RETRY, // idle in transaction timeout
  '25P04': RETRY, // transaction timeout
  '26000': RETRY, // the connection does not have the prepared statement
  '28': HOLD, // role or password rejected
  '3D': HOLD, // no such database
  '3F': HOLD, // no such schema
  '40': RETRY, // deadlock, serialization failure
  '42': HOLD, // missing privilege; a table, column, type or function is missing or was replaced
  '42804': SPLIT, // type mismatch; the worker reads the schema again to see whether it has changed
  '53': HOLD_UNTIL_IT_PASSES, // disk full, out of memory, too many connections
  '55': HOLD, // an object is not in the required state
  '55P03': SPLIT_TIMEOUT, // lock timeout
  '57014': SPLIT_TIMEOUT, // statement timeout, or cancelled by an administrator
  '57P01': RETRY, // the administrator ended the connection
  '57P02': RETRY, // server crash
  '57P03': RETRY, // server starting up or shutting down
  '57P04': HOLD, // the database was dropped
  '57P05': RETRY, // idle session timeout
  '58': HOLD_UNTIL_IT_PASSES, // I/O error
};

/** Node's codes for a connection that cannot be opened or was lost. */
const CONNECTION_CODES = new Set([
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
const CONNECTION_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout|connection is closed|not queryable/i;

function faultOf(error: unknown): Fault {
  if (!(error instanceof Error)) return SPLIT;
  if (error instanceof AggregateError) return error.errors.some(isTransient) ? RETRY : SPLIT;
  if (isStalePlan(error)) return RETRY;
  const code = errorCode(error) ?? '';
  if (CONNECTION_CODES.has(code)) return RETRY;
  if (/^[0-9A-Z]{5}$/.test(code)) return BY_SQLSTATE[code] ?? BY_SQLSTATE[code.slice(0, 2)] ?? SPLIT;
  // An invalid certificate ends the program at start. Later it is an outage, because the server had a valid one before.
  return CONNECTION_MESSAGES.test(error.message) || isCertificateError(error) ? RETRY : SPLIT;
}

/** What the pipeline does about a failure. */
export function reactionTo(error: unknown): Reaction {
  return faultOf(error).reaction;
}

/** Whether the same statement or transaction may succeed later without a change to this program or its settings. */
export function isTransient(error: unknown): boolean {
  return faultOf(error).passes;
}

/**
 * Whether a failure says nothing about the block, even if the block was alone: a statement took too long, or the failure
 * is of a kind that pauses all work. Such a block is delayed; the failure does not count against it.
 */
export function isEnvironmental(error: unknown): boolean {
  const fault = faultOf(error);
  return fault === SPLIT_TIMEOUT || fault.reaction === 'hold';
}

/** Whether column types may have changed since they were read. pgvector reports a wrong number of dimensions as 22000. */
export function mayBeSchemaChange(error: unknown): boolean {
  const code = errorCode(error);
  return code === '22000' || code === '42804';
}

/**
 * Whether the connection keeps a plan made before a column's type changed: of a prepared statement, or of an expression in
 * a trigger function, which PL/pgSQL plans once per connection. A new connection makes a new plan. The routines are in
 * PostgreSQL's plancache.c and pl_exec.c.
 */
export function isStalePlan(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { routine = '' } = error as { routine?: string };
  const code = errorCode(error);
  return (
    (code === '0A000' && routine === 'RevalidateCachedQuery') ||
    (code === '42804' && routine.startsWith('plpgsql_param_eval_'))
  );
}

/** Whether the role lacks a privilege: insufficient_privilege. */
export function isPermissionDenied(error: unknown): error is Error {
  return errorCode(error) === '42501';
}

/** Whether a healthy server rejects the statement: unknown to it, not possible on a standby, or not permitted. */
export function isRejectedByServer(error: unknown): boolean {
  const code = errorCode(error) ?? '';
  return code === '25006' || (/^[0-9A-Z]{5}$/.test(code) && !isTransient(error));
}

/** Whether the driver's query timeout expired, as on a half-open connection. The driver gives it no code. */
export function isQueryTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}
