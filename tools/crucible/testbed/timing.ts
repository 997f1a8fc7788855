/**
 * The times of a run: as short as pg-boss allows, so that a run of seconds sees what takes minutes in production. The
 * monitor interval is fixed in src/queue/boss.ts.
 */
export const HEARTBEAT_SECONDS = 10;
export const MONITOR_SECONDS = 15;
export const EXPIRE_SECONDS = 20;
export const RETRY_LIMIT = 5;

/** How long a request may be lost, with its connection, before its texts are sent again. */
export const LOST_MS = 20_000;

/** Context of the stand-in's model. A longer text has to be split. */
export const CONTEXT_TOKENS = 256;

export const WORKER_ENVIRONMENT: Readonly<Record<string, string>> = {
  PALDOCS_HEARTBEAT_SECONDS: String(HEARTBEAT_SECONDS),
  PALDOCS_RETRY_LIMIT: String(RETRY_LIMIT),
  PALDOCS_RETRY_DELAY_SECONDS: '1',
  PALDOCS_RETRY_DELAY_MAX_SECONDS: '2',
  // The leader wakes only its own workers for jobs that it enqueues; the others would sleep for a minute.
  PALDOCS_POLL_INTERVAL_SECONDS: '1',
  PALDOCS_WORKER_CONCURRENCY: '4',
  PALDOCS_SHUTDOWN_TIMEOUT_SECONDS: '5',
  PALDOCS_HEALTH_PORT: '0',
  PALDOCS_LOG_LEVEL: 'info',
  NO_COLOR: '1',
};

/** The times of requests and jobs. A job has time for several requests. */
export function requestTimes(timeoutSeconds: number): Readonly<Record<string, string>> {
  return {
    PALDOCS_EMBEDDING_TIMEOUT_SECONDS: String(timeoutSeconds),
    PALDOCS_JOB_EXPIRE_SECONDS: String(Math.max(EXPIRE_SECONDS, 4 * timeoutSeconds)),
  };
}
