import type { ContextKind } from '../../../src/blocks/context/kinds.js';
import { headingsAboveSql } from './context.js';
import type { Deployment } from './deployments.js';

/** How many values of a vector the audit keeps, after the header. Their signs alone distinguish 2^64 texts. */
export const AUDITED_VALUES = 64;

/**
 * SQL that records every write to the API's tables. The triggers are deferred: they run at the COMMIT of the write and see
 * the titles and headings of that moment. They run as their owner, so the workers' role needs no further privilege. `settled` tells
 * whether the same transaction completed a job of that block, which proves the fence.
 *
 * @param worker the role of the workers
 */
export function auditSql(worker: string, deployments: readonly Deployment[], context: ContextKind): string {
  const ofBlocks = deployments.map((deployment, i) => blockSql(worker, deployment, i + 1, context));
  return TABLES + ofBlocks.join('') + noteSql(worker);
}

const TABLES = `
CREATE TABLE crucible.audit (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  xid text NOT NULL DEFAULT pg_current_xact_id()::text,
  queue text, -- of the Deployment whose columns old_status, new_status, vector and cleared are
  by_worker boolean NOT NULL,
  op text NOT NULL,
  block_id text,
  old_status text,
  new_status text,
  vector bytea, -- if it was written
  cleared boolean NOT NULL DEFAULT false,
  settled boolean,
  block_type text,
  content text,
  title text,
  headings_above text[],
  forbidden boolean NOT NULL DEFAULT false -- the workers' role wrote a column or row that is not its own
);
CREATE TABLE crucible.commits (id uuid PRIMARY KEY, committed boolean NOT NULL); -- see CommitMark
`;

/** Records the writes to the columns of one Deployment. */
function blockSql(
  worker: string,
  { queue, embedding, status }: Deployment,
  number: number,
  context: ContextKind,
): string {
  return `
CREATE FUNCTION crucible.on_block_${number}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  worker boolean := session_user = '${worker}';
  stored boolean := TG_OP <> 'DELETE' AND NEW.${embedding} IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.${embedding} IS NULL
    OR vector_send(NEW.${embedding}::vector) <> vector_send(OLD.${embedding}::vector)
    OR (worker AND NEW.${status} = 'completed' AND OLD.${status} IS DISTINCT FROM 'completed'));
  done boolean;
  row blocks := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
  IF worker AND stored THEN
    SELECT EXISTS (SELECT FROM pgboss.job_common j WHERE j.name = '${queue}' AND j.singleton_key = NEW.id::text
      AND j.state = 'completed' AND j.xmin = pg_current_xact_id()::xid) INTO done;
  END IF;
  INSERT INTO crucible.audit (queue, by_worker, op, block_id, old_status, new_status, vector, cleared, settled, block_type, content, title, headings_above, forbidden)
  VALUES ('${queue}', worker, TG_OP, row.id::text,
    CASE WHEN TG_OP <> 'INSERT' THEN OLD.${status} END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.${status} END,
    CASE WHEN stored THEN substr(vector_send(NEW.${embedding}::vector), 1, ${4 + 4 * AUDITED_VALUES}) END,
    TG_OP = 'UPDATE' AND NEW.${embedding} IS NULL AND OLD.${embedding} IS NOT NULL,
    done, row.block_type, row.content::text, (SELECT title FROM notes WHERE id = row.note_id),
    ${headingsAboveSql('row', context)},
    worker AND (TG_OP <> 'UPDATE' OR (OLD.id, OLD.note_id, OLD.block_type, OLD.content::text)
      IS DISTINCT FROM (NEW.id, NEW.note_id, NEW.block_type, NEW.content::text))); -- json has no equality
  RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER crucible_block_${number} AFTER INSERT OR UPDATE OR DELETE ON blocks
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION crucible.on_block_${number}();
`;
}

function noteSql(worker: string): string {
  return `
CREATE FUNCTION crucible.on_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF session_user = '${worker}' THEN
    INSERT INTO crucible.audit (by_worker, op, forbidden) VALUES (true, 'note ' || TG_OP, true);
  END IF;
  RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER crucible_note AFTER INSERT OR UPDATE OR DELETE ON notes
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION crucible.on_note();
`;
}
