/**
 * Schemas of other versions of pg-boss, with what identifies the version: pg-boss's statements (`src/plans.js` of the npm
 * package) without indexes and functions.
 */
const ENUM = `CREATE SCHEMA pgboss;
  CREATE TYPE pgboss.job_state AS ENUM ('created', 'retry', 'active', 'completed', 'cancelled', 'failed');`;

/** pg-boss 9.0: no table of queues, names without underscores. */
export const PG_BOSS_9 = `${ENUM}
  CREATE TABLE pgboss.version (version int PRIMARY KEY, maintained_on timestamptz, cron_on timestamptz);
  CREATE TABLE pgboss.job (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, priority integer NOT NULL DEFAULT 0, data jsonb,
    state pgboss.job_state NOT NULL DEFAULT 'created', retryLimit integer NOT NULL DEFAULT 0,
    retryCount integer NOT NULL DEFAULT 0, retryDelay integer NOT NULL DEFAULT 0, retryBackoff boolean NOT NULL DEFAULT false,
    startAfter timestamptz NOT NULL DEFAULT now(), startedOn timestamptz, singletonKey text, singletonOn timestamp,
    expireIn interval NOT NULL DEFAULT interval '15 minutes', createdOn timestamptz NOT NULL DEFAULT now(),
    completedOn timestamptz, keepUntil timestamptz NOT NULL DEFAULT now() + interval '14 days',
    on_complete boolean NOT NULL DEFAULT false, output jsonb);
  CREATE TABLE pgboss.archive (LIKE pgboss.job);
  CREATE TABLE pgboss.schedule (name text PRIMARY KEY, cron text NOT NULL, timezone text, data jsonb, options jsonb);
  CREATE TABLE pgboss.subscription (event text NOT NULL, name text NOT NULL, PRIMARY KEY (event, name));
  INSERT INTO pgboss.version (version) VALUES (20);
  INSERT INTO pgboss.job (name) VALUES ('embed-block');`;

/** pg-boss 10.4: one partition of jobs per queue. */
export const PG_BOSS_10 = `${ENUM}
  CREATE TABLE pgboss.version (
    version int PRIMARY KEY, maintained_on timestamptz, cron_on timestamptz, monitored_on timestamptz);
  CREATE TABLE pgboss.queue (
    name text PRIMARY KEY, policy text, retry_limit int, retry_delay int, retry_backoff bool, expire_seconds int,
    retention_minutes int, dead_letter text REFERENCES pgboss.queue (name), partition_name text,
    created_on timestamptz NOT NULL DEFAULT now(), updated_on timestamptz NOT NULL DEFAULT now());
  CREATE TABLE pgboss.schedule (name text PRIMARY KEY REFERENCES pgboss.queue ON DELETE CASCADE, cron text NOT NULL);
  CREATE TABLE pgboss.subscription (event text NOT NULL, name text NOT NULL REFERENCES pgboss.queue ON DELETE CASCADE);
  CREATE TABLE pgboss.job (
    id uuid NOT NULL DEFAULT gen_random_uuid(), name text NOT NULL, priority integer NOT NULL DEFAULT 0, data jsonb,
    state pgboss.job_state NOT NULL DEFAULT 'created', retry_limit integer NOT NULL DEFAULT 2,
    retry_count integer NOT NULL DEFAULT 0, retry_delay integer NOT NULL DEFAULT 0, retry_backoff boolean NOT NULL DEFAULT false,
    start_after timestamptz NOT NULL DEFAULT now(), started_on timestamptz, singleton_key text, singleton_on timestamp,
    expire_in interval NOT NULL DEFAULT interval '15 minutes', created_on timestamptz NOT NULL DEFAULT now(),
    completed_on timestamptz, keep_until timestamptz NOT NULL DEFAULT now() + interval '14 days', output jsonb,
    dead_letter text, policy text, PRIMARY KEY (name, id)) PARTITION BY LIST (name);
  CREATE TABLE pgboss.job_embed PARTITION OF pgboss.job FOR VALUES IN ('embed-block');
  CREATE TABLE pgboss.archive (LIKE pgboss.job);
  INSERT INTO pgboss.version (version) VALUES (24);
  INSERT INTO pgboss.queue (name, policy, partition_name) VALUES ('embed-block', 'standard', 'job_embed');
  INSERT INTO pgboss.job (name) VALUES ('embed-block');`;

/** pg-boss 11.1 of another application: the oldest version that ours can migrate. */
export const PG_BOSS_11 = `${ENUM}
  CREATE TABLE pgboss.version (version int PRIMARY KEY, cron_on timestamptz);
  CREATE TABLE pgboss.queue (
    name text PRIMARY KEY, policy text NOT NULL, retry_limit int NOT NULL, retry_delay int NOT NULL, retry_backoff bool NOT NULL,
    retry_delay_max int, expire_seconds int NOT NULL, retention_seconds int NOT NULL, deletion_seconds int NOT NULL,
    dead_letter text REFERENCES pgboss.queue (name), partition bool NOT NULL, table_name text NOT NULL,
    created_on timestamptz NOT NULL DEFAULT now(), updated_on timestamptz NOT NULL DEFAULT now());
  CREATE TABLE pgboss.job (
    id uuid NOT NULL DEFAULT gen_random_uuid(), name text NOT NULL, priority integer NOT NULL DEFAULT 0, data jsonb,
    state pgboss.job_state NOT NULL DEFAULT 'created', retry_limit integer NOT NULL DEFAULT 2,
    retry_count integer NOT NULL DEFAULT 0, retry_delay integer NOT NULL DEFAULT 0, singleton_key text,
    start_after timestamptz NOT NULL DEFAULT now(), created_on timestamptz NOT NULL DEFAULT now(), started_on timestamptz,
    completed_on timestamptz, output jsonb, dead_letter text, policy text) PARTITION BY LIST (name);
  CREATE TABLE pgboss.job_common (LIKE pgboss.job);
  ALTER TABLE pgboss.job ATTACH PARTITION pgboss.job_common DEFAULT;
  INSERT INTO pgboss.version (version) VALUES (26);
  INSERT INTO pgboss.queue VALUES ('mail', 'standard', 2, 0, false, NULL, 900, 900, 900, NULL, false, 'job_common');
  INSERT INTO pgboss.job (name) VALUES ('mail');`;
