import type { AuditCheck } from './checks/audit.js';
import type { OpenTestbed } from './testbed/open-testbed.js';
import type { Model } from './writer/model.js';

/** Everything known about a block, oldest first: the writer's changes, the audit, its jobs, and the requests with its text. */
export async function historyOf(
  blockId: string,
  testbed: OpenTestbed,
  model: Model,
  audits: readonly AuditCheck[],
): Promise<string[]> {
  const events: { at: number; line: string }[] = [];
  for (const { at, session, what } of model.history(blockId)) events.push({ at, line: `writer ${session}: ${what}` });
  const rows = await Promise.all(audits.map((audit) => audit.history(blockId)));
  for (const row of rows.flat()) {
    const { queue } = row;
    const { byWorker, op, oldStatus, newStatus, vector, settled, cleared, xid, title } = row;
    const wrote =
      vector === null
        ? cleared
          ? ', vector cleared'
          : ''
        : `, vector written${settled === false ? ' WITHOUT its job' : ''}`;
    const line = `audit of ${queue ?? 'the notes'}, ${byWorker ? 'worker' : 'api'}: ${op} ${oldStatus ?? '-'} → ${newStatus ?? '-'}${wrote} (tx ${xid}, title "${title ?? ''}")`;
    events.push({ at: row.at.getTime(), line });
  }
  for (const job of await jobsOf(blockId, testbed)) events.push(...eventsOfJob(job));
  const words = [...new Set(model.history(blockId).flatMap(({ what }) => what.match(/\bs\d+x\d+\b/g) ?? []))];
  for (const word of words.slice(-6)) {
    for (const { at, state, status, durationMs, texts, faults } of await testbed.ollama
      .requestsWith(word)
      .catch(() => [])) {
      const how = `${state} ${status ?? ''} after ${Math.round(durationMs ?? 0)} ms, ${texts} texts ${faults.join(',')}`;
      events.push({ at, line: `ollama: request with ${word}: ${how}` });
    }
  }
  return events
    .sort((a, b) => a.at - b.at)
    .map(({ at, line }) => `${new Date(at).toISOString().slice(11, 23)} ${line}`);
}

interface JobRow {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly retries: number;
  readonly created: Date;
  readonly started: Date | null;
  readonly completed: Date | null;
  readonly data: object;
  readonly output: object | null;
}

async function jobsOf(blockId: string, { database, deployments }: OpenTestbed): Promise<JobRow[]> {
  return await database.persist<JobRow>(
    `SELECT id::text AS id, name, state::text AS state, retry_count AS retries, created_on AS created, started_on AS started,
            completed_on AS completed, data, output
       FROM pgboss.job_common WHERE name = ANY ($1) AND singleton_key = $2`,
    [deployments.flatMap(({ queue, deadLetters }) => [queue, deadLetters]), blockId],
  );
}

function eventsOfJob(job: JobRow): { at: number; line: string }[] {
  const name = `job ${job.id.slice(0, 8)} of ${job.name}`;
  const events = [{ at: job.created.getTime(), line: `${name}: created ${JSON.stringify(job.data)}` }];
  if (job.started !== null)
    events.push({ at: job.started.getTime(), line: `${name}: last fetched, retry count ${job.retries}` });
  const end = job.completed ?? job.started ?? job.created;
  events.push({
    at: end.getTime(),
    line: `${name}: is ${job.state} ${JSON.stringify(job.output ?? {}).slice(0, 200)}`,
  });
  return events;
}
