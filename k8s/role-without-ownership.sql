-- The grants for a role that owns nothing and may create nothing: an administrator creates pg-boss's schema and its queues.
--
-- 1. As the administrator, in the API's database, with the pg-boss of this worker's version (from a checkout, or with
--    `--entrypoint node` from the image):
--
--        export PGBOSS_DATABASE_URL=postgresql://admin:…@db:5432/paldocs
--        node node_modules/pg-boss/dist/cli.js migrate --schema pgboss
--
--    `plans create --schema pgboss` instead of `migrate …` prints the SQL and needs no database.
-- 2. This file, as the owner of the API's tables and of that schema:
--
--        psql -v role=embedding_worker -f k8s/role-without-ownership.sql
--
-- Repeat both before you roll out a worker with a newer pg-boss; a worker that finds an older schema says so and ends. If
-- PALDOCS_PGBOSS_SCHEMA, PALDOCS_QUEUE or the names of tables and columns differ, replace them here. Up to PostgreSQL 14
-- every role may also create tables in public: REVOKE CREATE ON SCHEMA public FROM PUBLIC.
--
-- Such a role records no history for the dashboard: pg-boss creates a partition for each day, which only the owner can.
--
-- Tests run the worker and its commands as a role with these grants and no others.

GRANT CONNECT ON DATABASE :"DBNAME" TO :"role";
GRANT USAGE ON SCHEMA public, pgboss TO :"role";

GRANT SELECT ON public.notes TO :"role";
-- Or by columns: (id, note_id, block_type, content, embedding, embedding_status, ctid), and the column with the position of
-- blocks if PALDOCS_BLOCKS_POSITION_COLUMN names one. Sweeps read the table by ctid.
GRANT SELECT ON public.blocks TO :"role";
GRANT UPDATE (embedding, embedding_status) ON public.blocks TO :"role";

-- The dead-letter queue first, since the next one names it. The worker sets their other options.
SELECT pgboss.create_queue('embed-block-failed', '{"policy": "standard"}');
SELECT pgboss.create_queue('embed-block', '{"policy": "exclusive", "deadLetter": "embed-block-failed"}');
-- Records a pause (`embedding-worker pause`) until it is over, ten years at most.
SELECT pgboss.create_queue('embed-block-pause', '{"policy": "standard", "retentionSeconds": 315360000}');

GRANT SELECT, UPDATE ON pgboss.version, pgboss.queue TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON pgboss.job, pgboss.job_common, pgboss.instance TO :"role";
GRANT SELECT, DELETE ON pgboss.job_dependency TO :"role";

-- Only if needed; `embedding-worker doctor` tells you. A policy, if blocks or notes have row level security:
--     CREATE POLICY embedding_worker ON public.blocks TO :"role" USING (true) WITH CHECK (true);
--     CREATE POLICY embedding_worker ON public.notes FOR SELECT TO :"role" USING (true);
-- As a superuser, if the API's trigger fires on every UPDATE and cannot be changed (migrations-noop/README.md):
--     ALTER ROLE :"role" IN DATABASE :"DBNAME" SET session_replication_role = replica;
