import type { EmbedJob } from './job.js';

/**
 * The last attempt of each job: only that one can be current. A process holds several attempts of a job if it fetched the job
 * again after it had expired.
 */
export function lastAttempts(jobs: readonly EmbedJob[]): EmbedJob[] {
  const last = new Map<string, EmbedJob>();
  for (const job of jobs) {
    const other = last.get(job.id);
    if (other === undefined || other.retryCount < job.retryCount) last.set(job.id, job);
  }
  return [...last.values()];
}
