-- Everything that the embedding worker's role needs, and no more. Run as the owner of the API's tables, in their database;
-- replace the names of tables and columns if yours differ.
--
--     psql -v role=embedding_worker -f k8s/role.sql
--
-- The role owns pg-boss's schema, which it creates and migrates itself; for a role that must not, use
-- role-without-ownership.sql. The crucible's workers run as a role with these grants and no others, which proves them enough.

GRANT CONNECT ON DATABASE :"DBNAME" TO :"role";
-- For pg-boss's schema, which the worker creates at its first start. Not needed if it exists and the role owns it.
GRANT CREATE ON DATABASE :"DBNAME" TO :"role";

GRANT USAGE ON SCHEMA public TO :"role";
GRANT SELECT ON public.notes TO :"role";
-- Or by columns: (id, note_id, block_type, content, embedding, embedding_status, ctid), and the column with the position of
-- blocks if PALDOCS_BLOCKS_POSITION_COLUMN names one. Sweeps read the table by ctid.
GRANT SELECT ON public.blocks TO :"role";
-- The worker's two columns; no INSERT, no DELETE, no other column, no DDL.
GRANT UPDATE (embedding, embedding_status) ON public.blocks TO :"role";

-- Only if needed; `embedding-worker doctor` tells you. A policy, if blocks or notes have row level security:
--     CREATE POLICY embedding_worker ON public.blocks TO :"role" USING (true) WITH CHECK (true);
--     CREATE POLICY embedding_worker ON public.notes FOR SELECT TO :"role" USING (true);
-- As a superuser, if the API's trigger fires on every UPDATE and cannot be changed (migrations-noop/README.md):
--     ALTER ROLE :"role" IN DATABASE :"DBNAME" SET session_replication_role = replica;
