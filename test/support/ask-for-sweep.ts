import type { TestDatabase } from './test-database.js';

/** Ends the leader's session. It opens another one, becomes the leader again, and sweeps at once. */
export async function askForSweep(db: Pick<TestDatabase, 'query'>): Promise<void> {
  await db.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'embedding-worker % L %'`,
  );
}
