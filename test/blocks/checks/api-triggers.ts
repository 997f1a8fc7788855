/** SQL for the triggers that an API may have, and for blocks to fire them. */

/** Drops the reference triggers. */
export const DROP_TRIGGERS =
  'DROP TRIGGER blocks_embedding_insert ON blocks; DROP TRIGGER blocks_embedding_update ON blocks;';

/** Inserts blocks of several types and statuses. */
export const INSERT_BLOCKS = `
  INSERT INTO notes (title) VALUES ('A');
  INSERT INTO blocks (note_id, block_type, content) SELECT id, 'mermaid', '"graph"' FROM notes, generate_series(1, 20);
  INSERT INTO blocks (note_id, block_type, content) SELECT id, 'paragraph', '"text"' FROM notes;
  INSERT INTO blocks (note_id, block_type, content) SELECT id, 'code', '"more text"' FROM notes;
  UPDATE blocks SET embedding_status = 'completed', embedding = (SELECT array_agg(1) FROM generate_series(1, 768))::vector
   WHERE block_type = 'code';`;

/** What the platform probably has: a trigger on every INSERT and UPDATE, without a column list. */
export const EAGER_TRIGGER = `${DROP_TRIGGERS}
  CREATE FUNCTION eager() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    NEW.embedding_status := CASE WHEN NEW.block_type = 'mermaid' THEN 'skipped' ELSE 'pending' END;
    PERFORM pg_notify('embedding_queue', NEW.id::text);
    RETURN NEW;
  END $$;
  CREATE TRIGGER eager BEFORE INSERT OR UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION eager();`;
