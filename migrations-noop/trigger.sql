-- The reference trigger: it sets a new or changed block to `pending` (or `skipped`, if its type has no text to embed) and
-- notifies. The worker's two columns do not fire it: if they did, each stored vector would request the next one, endlessly.

CREATE FUNCTION queue_block_embedding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.embedding_status := CASE WHEN NEW.block_type = 'mermaid' THEN 'skipped' ELSE 'pending' END;
  PERFORM pg_notify('embedding_queue', NEW.id::text);
  RETURN NEW;
END
$$;

CREATE TRIGGER blocks_embedding_insert
  BEFORE INSERT ON blocks
  FOR EACH ROW EXECUTE FUNCTION queue_block_embedding();

-- Compared as text, since the type json has no equality.
CREATE TRIGGER blocks_embedding_update
  BEFORE UPDATE OF block_type, content ON blocks
  FOR EACH ROW
  WHEN (OLD.block_type IS DISTINCT FROM NEW.block_type OR OLD.content::text IS DISTINCT FROM NEW.content::text)
  EXECUTE FUNCTION queue_block_embedding();
