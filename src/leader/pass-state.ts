import type { Queryable } from '../postgres/database.js';

/** How far the leader's sweep is. */
export interface PassState {
  /** The share of the pass in progress that is done, from 0 to 1; null between two passes. */
  readonly share: number | null;
  /** Whether the passes go through an index instead of reading the table. */
  readonly throughIndex: boolean;
  /** When the last complete pass ended (ISO 8601) and how long it took; null if there was none since this replica leads. */
  readonly lastAt: string | null;
  readonly lastSeconds: number | null;
  /** Pending blocks that wait for capacity in the queue. */
  readonly left: number;
}

const MARK = 'embedding-worker pass';
const COMMENT = new RegExp(`/\\* ${MARK} (?<state>\\{[^*]*\\}) \\*/`);

/**
 * The state as an SQL comment. The leader appends it to the statements of its session, where `readPassState` finds it: any
 * other place would need a table, or a write every few seconds.
 */
export function passComment(state: PassState): string {
  return ` /* ${MARK} ${JSON.stringify(state)} */`;
}

/**
 * The state of the pass, as the leader's session last reported it.
 *
 * @returns null if there is no leader, or its statements are not visible: only its own role, superusers and members of
 * pg_read_all_stats see them
 */
export async function readPassState(db: Queryable, queue: string): Promise<PassState | null> {
  const rows = await db.query<{ query: string | null }>(
    `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND starts_with(application_name, $1)`,
    [`embedding-worker ${queue} L `],
  );
  for (const { query } of rows) {
    const state = COMMENT.exec(query ?? '')?.groups?.['state'];
    if (state !== undefined) return JSON.parse(state) as PassState;
  }
  return null;
}
