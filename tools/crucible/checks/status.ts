import type { Deployment } from '../testbed/deployments.js';
import type { CrucibleDatabase } from '../testbed/database.js';
import { HEARTBEAT_SECONDS, MONITOR_SECONDS } from '../testbed/timing.js';
import type { Violations } from '../violation.js';

/** Added to heartbeat and monitor interval for the retry delay, polling, and a busy machine. */
const SLACK_MS = 10_000;
export const ALLOWANCE_MS = (HEARTBEAT_SECONDS + MONITOR_SECONDS) * 1000 + SLACK_MS;

interface Mismatch {
  readonly id: string;
  readonly status: string | null;
  readonly jobs: string | null;
}

/**
 * Finds, in one snapshot, blocks whose status does not match their job (3) and blocks with two live jobs (7). A mismatch may
 * last as long as pg-boss takes to notice a dead worker, counted while no fault is active. Two live jobs are never allowed.
 */
export class StatusCheck {
  readonly #database: CrucibleDatabase;
  readonly #violations: Violations;
  readonly #calmSince: () => number;
  readonly #deployment: Deployment;
  readonly #since = new Map<string, number>();
  /** The longest time a mismatch lasted. */
  longestMs = 0;

  /** @param calmSince when the last fault ended; Infinity while one is active */
  constructor(database: CrucibleDatabase, violations: Violations, calmSince: () => number, deployment: Deployment) {
    this.#deployment = deployment;
    this.#database = database;
    this.#violations = violations;
    this.#calmSince = calmSince;
  }

  /** @returns the mismatches found now */
  async sample(): Promise<readonly Mismatch[]> {
    const rows = await this.#database.query<Mismatch>(mismatchSql(this.#deployment), [this.#deployment.queue]);
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
      this.#violations.add({
        invariant: 7,
        what: 'a block has several live jobs',
        blockId: id,
        details: { queue: this.#deployment.queue, jobs },
      });
    }
    return mismatches;
  }

  #report({ id, status, jobs }: Mismatch, ageMs: number): void {
    const what = `a block has status ${status ?? 'NULL'} and ${jobs === null ? 'no live job' : `a job in state ${jobs}`}`;
    this.#violations.add({
      invariant: 3,
      what,
      blockId: id,
      details: { queue: this.#deployment.queue, seconds: Math.round(ageMs / 1000) },
    });
  }
}

function keyOf({ id, status, jobs }: Mismatch): string {
  return `${id}/${status ?? '-'}/${jobs ?? '-'}`;
}

/** An edit during processing leaves `pending` with an active job. A settled block may have a waiting job, which finds nothing to do. */
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

function mismatchSql({ status }: Deployment): string {
  return `
SELECT b.id::text AS id, b.${status} AS status, j.states AS jobs
  FROM blocks b
  LEFT JOIN (SELECT singleton_key AS key, string_agg(state::text, ',' ORDER BY state) AS states FROM pgboss.job_common
              WHERE name = $1 AND state <= 'active' GROUP BY 1) j ON j.key = b.id::text
 WHERE b.${status} IS NULL OR b.${status} IN ('pending', 'processing') OR j.states IS NOT NULL`;
}
