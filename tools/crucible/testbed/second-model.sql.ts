import { SECOND } from './deployments.js';

/**
 * SQL for the columns of a second model, and for triggers that mark them whenever the API marks those of the first. They
 * fire after all others, whose names come before theirs, and not on the writes of workers.
 *
 * @param worker the role of the workers
 */
export function secondModelSql(worker: string, vectorType: string): string {
  const { embedding, status } = SECOND;
  return `
ALTER TABLE blocks ADD ${embedding} ${vectorType}, ADD ${status} text DEFAULT 'pending';
GRANT UPDATE (${embedding}, ${status}) ON blocks TO ${worker};
CREATE FUNCTION crucible.mark_second() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.${status} := NEW.embedding_status;
  RETURN NEW;
END
$$;
CREATE TRIGGER zz_second_insert BEFORE INSERT ON blocks FOR EACH ROW EXECUTE FUNCTION crucible.mark_second();
CREATE TRIGGER zz_second_status BEFORE UPDATE OF embedding_status ON blocks FOR EACH ROW
  WHEN (session_user <> '${worker}') EXECUTE FUNCTION crucible.mark_second();
CREATE FUNCTION crucible.mark_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.block_type, OLD.content::text) IS DISTINCT FROM (NEW.block_type, NEW.content::text) THEN
    NEW.${status} := NEW.embedding_status;
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER zz_second_text BEFORE UPDATE ON blocks FOR EACH ROW
  WHEN (session_user <> '${worker}') EXECUTE FUNCTION crucible.mark_changed();
`;
}
