import { CHANNEL } from '../../../src/blocks/channel.js';

/** The name of the trigger that stands in for the reference triggers. */
export const VARIANT = 'crucible_variant';

/**
 * The function of another trigger that an API may have: it fires on every write, sets a block without text to embed
 * `skipped` each time, and any other `pending` only where its type or text is another; then it notifies.
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

/** Puts the variant in the place of the reference triggers. */
export const INSTALL_VARIANT = `
DROP TRIGGER IF EXISTS ${VARIANT} ON blocks;
DROP TRIGGER IF EXISTS blocks_embedding_insert ON blocks;
DROP TRIGGER IF EXISTS blocks_embedding_update ON blocks;
CREATE TRIGGER ${VARIANT} BEFORE INSERT OR UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION crucible.variant()`;

/** The definitions of the API's own triggers, which the variant replaces. */
export const READ_TRIGGERS = `
SELECT pg_get_triggerdef(oid) AS definition FROM pg_trigger WHERE tgrelid = 'blocks'::regclass AND tgname LIKE 'blocks_embedding_%'`;

/** Puts the triggers of these definitions back. */
export function reinstallSql(definitions: readonly string[]): string {
  return [
    `DROP TRIGGER IF EXISTS ${VARIANT} ON blocks`,
    'DROP TRIGGER IF EXISTS blocks_embedding_insert ON blocks',
    'DROP TRIGGER IF EXISTS blocks_embedding_update ON blocks',
    ...definitions,
  ].join(';\n');
}
