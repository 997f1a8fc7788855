import { abortable } from '../base/abortable.js';
import type { Queryable } from '../postgres/database.js';
import type { Readiness } from './health-server.js';

/** Whether the database answers within `timeoutMs`. It never rejects. */
export async function pingDatabase(database: Queryable, timeoutMs: number): Promise<Readiness[string]> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    await abortable(database.query('SELECT 1'), timeout);
    return { ok: true };
  } catch {
    return { ok: false, detail: `the database does not answer${timeout.aborted ? ' in time' : ''}` };
  }
}
