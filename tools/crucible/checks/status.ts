import { QUEUE } from '../site/queue-names.js';
import type { CrucibleDatabase } from '../site/database.js';
import { HEARTBEAT_SECONDS, MONITOR_SECONDS } from '../site/timing.js';
import type { Violations } from '../violation.js';

/** Beside heartbeat and monitor interval: the retry delay, polling, and a machine that has other things to do. */
const SLACK_MS = 10_000;
export const ALLOWANCE_MS = (HEARTBEAT_SECONDS + MONITOR_SECONDS) * 1000 + SLACK_MS;

interface Mismatch {
  readonly id: string;
  readonly status: string | null;
  readonly jobs: string | null;
}

/**
 * Looks, in one snapshot, for blocks whose status does not follow their job (3) and for blocks with two live jobs (7).
 * The first may be so for as long as a dead worker takes to be noticed, counted while nothing is being injected; the
 * second never.
 */
export class StatusCheck {
  readonly #database: CrucibleDatabase;
  readonly #violations: Violations;
  readonly #calmSince: () => number;
  readonly #since = new Map<string, number>();
  /** The longest time that a mismatch lasted, milliseconds. */
  longestMs = 0;

  /** @param calmSince when the last fault ended; infinity while there is one */
  constructor(database: CrucibleDatabase, violations: Violations, calmSince: () => number) {
    this.#database = database;
    this.#violations = violations;
    this.#calmSince = calmSince;
  }

  /** @returns those that are so now */
  async sample(): Promise<readonly Mismatch[]> {
    const rows = await this.#database.query<Mismatch>(SQL, [QUEUE]);
    const now = Date.now();
    const mismatches = rows.filter(({ jobs, status }) => !isConsistent(status, jobs));
    const keys = new Set(mismatches.map(keyOf));
    for (const key of this.#since.keys()) if (!keys.has(key)) this.#since.delete(key);
    for (const mismatch of mismatches) {
      const key = keyOf(mismatch);
      const since = this.#since.get(key) ?? now;
      this.#since.set(key, since);
      this.longestMs = Math.max(this.longestMs, now - since);
      if (now - Math.max(since, this.#calmSince()) > ALLOWANCE_MS) this.#report(mismatch, now - since);
    }
    for (const { id, jobs } of rows.filter(({ jobs }) => jobs?.includes(',') === true)) {
      this.#violations.add({ invariant: 7, what: 'a block has several live jobs', blockId: id, details: { jobs } });
    }
    return mismatches;
  }

  #report({ id, status, jobs }: Mismatch, ageMs: number): void {
    const what = `a block is ${status ?? 'without a status'} beside ${jobs === null ? 'no live job' : `a job that is ${jobs}`}`;
    this.#violations.add({ invariant: 3, what, blockId: id, details: { seconds: Math.round(ageMs / 1000) } });
  }
}

function keyOf({ id, status, jobs }: Mismatch): string {
  return `${id}/${status ?? '-'}/${jobs ?? '-'}`;
}

/** An edit in mid-flight shows `pending` beside an active job; a waiting job of a block that is settled finds nothing to do. */
function isConsistent(status: string | null, jobs: string | null): boolean {
  switch (status) {
    case 'processing':
      return jobs === 'active';
    case null:
    case 'pending':
      return jobs !== null;
    default:
      return true;
  }
}

const SQL = `
SELECT b.id::text AS id, b.embedding_status AS status, j.states AS jobs
  FROM blocks b
  LEFT JOIN (SELECT singleton_key AS key, string_agg(state::text, ',' ORDER BY state) AS states FROM pgboss.job_common
              WHERE name = $1 AND state <= 'active' GROUP BY 1) j ON j.key = b.id::text
 WHERE b.embedding_status IS NULL OR b.embedding_status IN ('pending', 'processing') OR j.states IS NOT NULL`;
