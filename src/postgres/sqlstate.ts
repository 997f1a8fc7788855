import { isCertificateError } from '../base/certificate-errors.js';
import { errorCode, WorkerError } from '../base/errors.js';

/**
 * What to do about a failure of the database. One table, so that every part agrees.
 *
 * - `retry`: nobody's fault and over at once. The same work is done again, on a new connection.
 * - `hold`: no single block can explain it. All work waits until it works again; nothing is counted.
 * - `split`: a block may be the cause. The batch is split until the failing block is alone.
 */
export type Reaction = 'retry' | 'hold' | 'split';

interface Fault {
  readonly reaction: Reaction;
  /** Whether it goes away without anybody acting on this program, so that commands wait for it, too. */
  readonly passes: boolean;
}

const RETRY: Fault = { reaction: 'retry', passes: true };
const HOLD: Fault = { reaction: 'hold', passes: false };
const HOLD_UNTIL_IT_PASSES: Fault = { reaction: 'hold', passes: true };
const SPLIT: Fault = { reaction: 'split', passes: false };
const SPLIT_TIMEOUT: Fault = { reaction: 'split', passes: true };

/** By SQLSTATE, or by its class, the first two characters. PostgreSQL, appendix A. What is not listed: `split`. */
const BY_SQLSTATE: Readonly<Record<string, Fault>> = {
  '08': RETRY, // connection
  '22': SPLIT, // data
  '23': SPLIT, // integrity constraint
  '25006': HOLD_UNTIL_IT_PASSES, // read-only transaction
  '25P03': RETRY, // idle in transaction timeout
  '25P04': RETRY, // transaction timeout
  '26000': RETRY, // a prepared statement that the connection does not have
  '28': HOLD, // the role or its password is refused
  '3D': HOLD, // no such database
  '3F': HOLD, // no such schema
  '40': RETRY, // deadlock, serialization failure
  '42': HOLD, // privileges; a table, column, type or function that is missing or is another
  '42804': SPLIT, // a type that does not fit; the schema, read again, tells whether it has changed
  '53': HOLD_UNTIL_IT_PASSES, // disk full, out of memory, too many connections
  '55': HOLD, // an object that is not in the state needed
  '55P03': SPLIT_TIMEOUT, // lock timeout
  '57014': SPLIT_TIMEOUT, // statement timeout, or cancelled by somebody
  '57P01': RETRY, // the administrator ended the connection
  '57P02': RETRY, // server crash
  '57P03': RETRY, // server starting up or shutting down
  '57P04': HOLD, // the database was dropped
  '57P05': RETRY, // idle session timeout
  '58': HOLD_UNTIL_IT_PASSES, // I/O error
};

/** Node's names for a connection that cannot be made or is lost. */
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
  // A certificate that does not verify ends the program at start. Later it is an outage: the server had a good one before.
  return CONNECTION_MESSAGES.test(error.message) || isCertificateError(error) ? RETRY : SPLIT;
}

/** What the pipeline does about a failure. */
export function reactionTo(error: unknown): Reaction {
  return faultOf(error).reaction;
}

/** Whether the same statement or transaction may succeed when it is tried again, with nobody acting on this program. */
export function isTransient(error: unknown): boolean {
  return faultOf(error).passes;
}

/**
 * Whether a failure says nothing about a block, even one that is alone: a statement waited too long, or what should have
 * held all work happened to this block. The block is then delayed, never blamed.
 */
export function isEnvironmental(error: unknown): boolean {
  const fault = faultOf(error);
  return fault === SPLIT_TIMEOUT || fault.reaction === 'hold';
}

/** Whether the table may have got other types since they were read: 22000 is pgvector's for a wrong number of dimensions. */
export function mayBeSchemaChange(error: unknown): boolean {
  const code = errorCode(error);
  return code === '22000' || code === '42804';
}

/**
 * Whether a connection has planned something that outlived a column's type: a prepared statement, or an expression in a
 * trigger's function, which PL/pgSQL plans once for each connection. Another connection plans it anew. The routines are
 * PostgreSQL's, in plancache.c and pl_exec.c.
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

/** Whether the server says that the role may not do it: insufficient_privilege. */
export function isPermissionDenied(error: unknown): error is Error {
  return errorCode(error) === '42501';
}

/** Whether the server is well and will not do this: it does not know it, it is a standby, or the role may not. */
export function isRejectedByServer(error: unknown): boolean {
  const code = errorCode(error) ?? '';
  return code === '25006' || (/^[0-9A-Z]{5}$/.test(code) && !isTransient(error));
}

/** Whether the driver gave up waiting for an answer, as on a connection that swallows everything. It has no code for it. */
export function isQueryTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}

/** What holds the work, in words, with what helps. By SQLSTATE or class. */
const HELD: Readonly<Record<string, readonly [code: string, message: string, fix: string]>> = {
  '25006': [
    'DATABASE_READ_ONLY',
    'the database is read-only',
    'let PALDOCS_DATABASE_URL reach the primary; or reset default_transaction_read_only for role and database',
  ],
  '28': [
    'DATABASE_REFUSED',
    'the database refuses the role or its password',
    'let the role log in (ALTER ROLE … LOGIN, pg_hba.conf), or correct user and password in PALDOCS_DATABASE_URL',
  ],
  '42501': [
    'DATABASE_PRIVILEGE',
    'the role may not do what the worker must',
    '`embedding-worker doctor` names the GRANT',
  ],
  '53100': [
    'DATABASE_DISK_FULL',
    'the disk of the database server is full',
    'free or add disk space on the database server',
  ],
  '53300': [
    'DATABASE_CONNECTIONS',
    'the database takes no more connections',
    'raise max_connections or the limit of the role, or lower PALDOCS_WORKER_CONCURRENCY',
  ],
  '53': [
    'DATABASE_RESOURCES',
    'the database server is short of resources',
    'see to memory and disk of the database server',
  ],
  '55P03': [
    'DATABASE_LOCKED',
    'a lock on the tables keeps the worker waiting',
    'SELECT pid, query FROM pg_stat_activity WHERE pid IN (SELECT unnest(pg_blocking_pids(pid)) FROM pg_stat_activity);',
  ],
  '57014': [
    'DATABASE_TIMEOUT',
    'statements take too long, whichever block they are about',
    'SELECT pid, query FROM pg_stat_activity WHERE pid IN (SELECT unnest(pg_blocking_pids(pid)) FROM pg_stat_activity);',
  ],
  '58': ['DATABASE_IO', 'the database server has an I/O error', 'see to the disk of the database server'],
};
const HELD_OTHERWISE = [
  'DATABASE_SCHEMA',
  'the tables are not what the worker read at start',
  '`embedding-worker doctor` says what is missing',
] as const;

/** A failure that holds all work, as an error of our own. The database's own message is its cause. */
export function heldBy(error: unknown): WorkerError {
  const sqlstate = errorCode(error) ?? '';
  const known = HELD[sqlstate] ?? HELD[sqlstate.slice(0, 2)];
  if (error instanceof WorkerError) {
    const { message, fix } = error;
    return known === undefined ? error : new WorkerError(known[0], message, { fix: fix ?? known[2], cause: error });
  }
  const [code, message, fix] = known ?? HELD_OTHERWISE;
  return new WorkerError(code, message, { fix, cause: error });
}

/** The codes that `heldBy` gives. */
export const HELD_CODES: readonly string[] = [...Object.values(HELD).map(([code]) => code), HELD_OTHERWISE[0]];
