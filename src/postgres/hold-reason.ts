import { errorCode, WorkerError } from '../base/errors.js';

/** Why work is held: the code for machines, the message, and what fixes it. */
type Explanation = readonly [code: string, message: string, fix: string];

const SHOW_BLOCKING_QUERIES =
  'SELECT pid, query FROM pg_stat_activity WHERE pid IN (SELECT unnest(pg_blocking_pids(pid)) FROM pg_stat_activity);';

/** By SQLSTATE, or by its class (the first two characters). `sqlstate.ts` decides which of them hold work. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  '25006': [
    'DATABASE_READ_ONLY',
    'the database is read-only',
    'let PALDOCS_DATABASE_URL reach the primary; or reset default_transaction_read_only for role and database',
  ],
  '28': [
    'DATABASE_REFUSED',
    'the database rejects the role or its password',
    'let the role log in (ALTER ROLE … LOGIN, pg_hba.conf), or correct user and password in PALDOCS_DATABASE_URL',
  ],
  '42501': [
    'DATABASE_PRIVILEGE',
    'the role lacks a privilege that the worker needs',
    '`embedding-worker doctor` names the GRANT',
  ],
  '53100': [
    'DATABASE_DISK_FULL',
    'the disk of the database server is full',
    'free or add disk space on the database server',
  ],
  '53300': [
    'DATABASE_CONNECTIONS',
    'the database accepts no more connections',
    'raise max_connections or the limit of the role, or lower PALDOCS_WORKER_CONCURRENCY',
  ],
  '53': [
    'DATABASE_RESOURCES',
    'the database server is short of resources',
    'check memory and disk of the database server',
  ],
  '55P03': ['DATABASE_LOCKED', 'the worker is waiting for a lock on the tables', SHOW_BLOCKING_QUERIES],
  '57014': ['DATABASE_TIMEOUT', 'statements take too long, whichever block they concern', SHOW_BLOCKING_QUERIES],
  '58': ['DATABASE_IO', 'the database server has an I/O error', 'check the disk of the database server'],
};
const DEFAULT_EXPLANATION: Explanation = [
  'DATABASE_SCHEMA',
  'the tables have changed since the worker read them at start',
  '`embedding-worker doctor` says what is missing',
];

/** Every code that `holdReason` can give. */
export const HOLD_CODES: readonly string[] = [...Object.values(EXPLANATIONS), DEFAULT_EXPLANATION].map(
  ([code]) => code,
);

/** Describes a failure that holds all work, with its fix. The database's own error becomes the cause. */
export function holdReason(error: unknown): WorkerError {
  const sqlstate = errorCode(error) ?? '';
  const known = EXPLANATIONS[sqlstate] ?? EXPLANATIONS[sqlstate.slice(0, 2)];
  if (error instanceof WorkerError) {
    const { message, fix } = error;
    return known === undefined ? error : new WorkerError(known[0], message, { fix: fix ?? known[2], cause: error });
  }
  const [code, message, fix] = known ?? DEFAULT_EXPLANATION;
  return new WorkerError(code, message, { fix, cause: error });
}
