import { ConfigurationError } from '../base/errors.js';
import { joinNames } from '../blocks/checks/join-names.js';
import { findColumnUsers, type ColumnUser } from '../blocks/sql/find-column-users.js';
import { columnKeys, lockColumns, unlockColumns } from '../blocks/sql/lock-columns.js';
import type { BlocksTable } from '../blocks/table.js';
import type { Queryable, Session } from '../postgres/database.js';
import { queueOfSession, SESSION_PREFIX } from './replicas.js';

/**
 * Keeps workers of different queues from writing the same column, which would mix the vectors of two models. The worker's
 * listening session holds a lock for each of the two columns; the server releases it when the session ends, so a worker that
 * is frozen or cut off does not keep it.
 */
export class ColumnUse {
  readonly #table: BlocksTable;
  readonly #queue: string;
  #session: Session | undefined;
  /** The keys of the columns that the session has locked. */
  #held: readonly string[] = [];

  constructor(table: BlocksTable, queue: string) {
    this.#table = table;
    this.#queue = queue;
  }

  /** Uses a new session from now on, which holds no lock yet. */
  open(session: Session): void {
    this.#session = session;
    this.#held = [];
  }

  /** The session is closed or lost. */
  close(): void {
    this.#session = undefined;
    this.#held = [];
  }

  /**
   * Locks the columns on the listening session if there is one. Where a worker of another queue has locked one of them, it
   * releases its own locks, so that two workers that start together do not block each other.
   *
   * @param db used while there is no session: then it only looks
   * @throws ConfigurationError naming the column and the other queue, with the fix; the driver's error
   */
  async require(db: Queryable): Promise<void> {
    const session = this.#session;
    const keys = columnKeys(this.#table);
    if (session === undefined) {
      await requireUnused(db, this.#table, this.#queue);
      return;
    }
    if (keys.join() === this.#held.join()) return;
    await unlockColumns(session, this.#held, this.#queue);
    this.#held = [];
    await lockColumns(session, keys, this.#queue);
    try {
      await requireUnused(session, this.#table, this.#queue);
    } catch (error) {
      await unlockColumns(session, keys, this.#queue);
      throw error;
    }
    if (session === this.#session) this.#held = keys;
  }
}

/**
 * Checks that no running worker of another queue uses the two columns.
 *
 * @throws ConfigurationError naming the column and the other queue, with the fix
 */
export async function requireUnused(db: Queryable, table: BlocksTable, queue: string): Promise<void> {
  const users = await findColumnUsers(db, columnKeys(table), queue, SESSION_PREFIX);
  if (users.length > 0) throw inUseError(users, queue);
}

function inUseError(users: readonly ColumnUser[], queue: string): ConfigurationError {
  const columns = [...new Set(users.map(({ key }) => key))];
  const queues = [...new Set(users.map(({ applicationName }) => queueOfSession(applicationName)))];
  const [other = ''] = queues;
  return new ConfigurationError(
    'COLUMN_IN_USE',
    `${joinNames(columns)} ${columns.length > 1 ? 'are' : 'is'} already written by a running worker of the queue ${joinNames(queues)}, and this worker's queue is ${queue}: the vectors of two models would be mixed`,
    {
      fix: [
        'a second model needs columns of its own: set PALDOCS_BLOCKS_EMBEDDING_COLUMN and PALDOCS_BLOCKS_STATUS_COLUMN (docs/change-of-model.md)',
        `or, for another replica of the same Deployment, set PALDOCS_QUEUE=${other}`,
        `or stop the workers of ${other} first`,
      ].join('\n'),
    },
  );
}
