import { CHANNEL } from '../../../src/blocks/channel.js';

/** Name of the trigger that replaces the reference triggers. */
export const VARIANT = 'crucible_variant';

/**
 * Another trigger function that an API may have. It fires on every write, sets blocks without text to embed `skipped`, and
 * sets others `pending` and notifies only if their type or content changed.
 */
export function triggerVariantSql(): string {
  return `
CREATE FUNCTION crucible.variant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.block_type = 'mermaid' THEN
    NEW.embedding_status := 'skipped';
  END IF;
  IF TG_OP = 'INSERT' OR OLD.block_type IS DISTINCT FROM NEW.block_type OR OLD.content::text IS DISTINCT FROM NEW.content::text THEN
    IF NEW.block_type <> 'mermaid' THEN
      NEW.embedding_status := 'pending';
    END IF;
    PERFORM pg_notify('${CHANNEL}', NEW.id::text);
  END IF;
  RETURN NEW;
END
$$;
`;
}

/** Replaces the reference triggers by the variant. */
export const INSTALL_VARIANT = `
DROP TRIGGER IF EXISTS ${VARIANT} ON blocks;
DROP TRIGGER IF EXISTS blocks_embedding_insert ON blocks;
DROP TRIGGER IF EXISTS blocks_embedding_update ON blocks;
CREATE TRIGGER ${VARIANT} BEFORE INSERT OR UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION crucible.variant()`;

/** Reads the definitions of the reference triggers. */
export const READ_TRIGGERS = `
SELECT pg_get_triggerdef(oid) AS definition FROM pg_trigger WHERE tgrelid = 'blocks'::regclass AND tgname LIKE 'blocks_embedding_%'`;

/** Replaces the variant by triggers with these definitions. */
export function reinstallSql(definitions: readonly string[]): string {
  return [
    `DROP TRIGGER IF EXISTS ${VARIANT} ON blocks`,
    'DROP TRIGGER IF EXISTS blocks_embedding_insert ON blocks',
    'DROP TRIGGER IF EXISTS blocks_embedding_update ON blocks',
    ...definitions,
  ].join(';\n');
}
