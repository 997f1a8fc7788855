/** The names of a second Deployment that fills the reference schema's blocks with another model. */
export const SECOND_QUEUE = 'embed-block-v2';

/** What differs from the first Deployment's environment; the model is the caller's. */
export const SECOND_MODEL_ENVIRONMENT = {
  PALDOCS_QUEUE: SECOND_QUEUE,
  PALDOCS_BLOCKS_EMBEDDING_COLUMN: 'embedding_v2',
  PALDOCS_BLOCKS_STATUS_COLUMN: 'embedding_v2_status',
} as const;

/** SQL for the second pair of columns, and for a trigger that marks both. docs/change-of-model.md says more. */
export function secondModelSql(vectorType = 'vector(768)'): string {
  return `
ALTER TABLE blocks
  ADD COLUMN embedding_v2 ${vectorType},
  ADD COLUMN embedding_v2_status text NOT NULL DEFAULT 'pending'
    CHECK (embedding_v2_status IN ('pending', 'processing', 'completed', 'error', 'skipped'));
CREATE OR REPLACE FUNCTION queue_block_embedding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.embedding_status := CASE WHEN NEW.block_type = 'mermaid' THEN 'skipped' ELSE 'pending' END;
  NEW.embedding_v2_status := NEW.embedding_status;
  PERFORM pg_notify('embedding_queue', NEW.id::text);
  RETURN NEW;
END
$$;`;
}
