/**
 * The times of a run: as short as pg-boss allows, so that a run of seconds meets what takes minutes in production. The
 * interval is the product's own (src/queue/boss.ts) and cannot be shortened.
 */
export const HEARTBEAT_SECONDS = 10;
export const MONITOR_SECONDS = 15;
export const EXPIRE_SECONDS = 20;
export const RETRY_LIMIT = 5;

/** In the stand-in; a text of more has to be split. */
export const CONTEXT_TOKENS = 256;

export const WORKER_ENVIRONMENT: Readonly<Record<string, string>> = {
  PALDOCS_HEARTBEAT_SECONDS: String(HEARTBEAT_SECONDS),
  PALDOCS_JOB_EXPIRE_SECONDS: String(EXPIRE_SECONDS),
  PALDOCS_RETRY_LIMIT: String(RETRY_LIMIT),
  PALDOCS_RETRY_DELAY_SECONDS: '1',
  PALDOCS_RETRY_DELAY_MAX_SECONDS: '2',
  PALDOCS_EMBEDDING_TIMEOUT_SECONDS: '5',
  // Only the leader's own workers are woken for what it enqueues; the others would sleep a minute.
  PALDOCS_POLL_INTERVAL_SECONDS: '1',
  PALDOCS_WORKER_CONCURRENCY: '4',
  PALDOCS_BATCH_SIZE: '5',
  PALDOCS_SHUTDOWN_TIMEOUT_SECONDS: '5',
  PALDOCS_HEALTH_PORT: '0',
  PALDOCS_LOG_LEVEL: 'info',
  NO_COLOR: '1',
};
