/** Functions of triggers such as an API may have, and what puts them on blocks. */

/** Takes the reference triggers away. */
export const WITHOUT =
  'DROP TRIGGER blocks_embedding_insert ON blocks; DROP TRIGGER blocks_embedding_update ON blocks;';

/** Some blocks of several types and statuses. */
export const ROWS = `
  INSERT INTO notes (title) VALUES ('A');
  INSERT INTO blocks (note_id, block_type, content) SELECT id, 'mermaid', '"graph"' FROM notes, generate_series(1, 20);
  INSERT INTO blocks (note_id, block_type, content) SELECT id, 'paragraph', '"text"' FROM notes;
  INSERT INTO blocks (note_id, block_type, content) SELECT id, 'code', '"more text"' FROM notes;
  UPDATE blocks SET embedding_status = 'completed', embedding = (SELECT array_agg(1) FROM generate_series(1, 768))::vector
   WHERE block_type = 'code';`;

/** What the platform is likely to have: every INSERT and UPDATE, no column list. */
export const EAGER = `${WITHOUT}
  CREATE FUNCTION eager() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    NEW.embedding_status := CASE WHEN NEW.block_type = 'mermaid' THEN 'skipped' ELSE 'pending' END;
    PERFORM pg_notify('embedding_queue', NEW.id::text);
    RETURN NEW;
  END $$;
  CREATE TRIGGER eager BEFORE INSERT OR UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION eager();`;
