import { INTEGER_RANGES } from './id-from-text.js';

const UUID = /^\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?$/i;

/** A b-tree entry holds at most 2,704 bytes (PostgreSQL: a third of a page); in pg-boss's index it also holds the queue's name. */
const MAX_TEXT_ID_BYTES = 2_600;

/**
 * Whether a text can be cast to the type of the id column. Without this check, one malformed notification would fail the
 * statement that looks up all of them.
 *
 * @param idType as `format_type` prints it
 */
export function isBlockId(text: string, idType: string): boolean {
  const range = INTEGER_RANGES[idType];
  if (range !== undefined) {
    if (!/^[+-]?\d{1,19}$/.test(text)) return false;
    const value = BigInt(text.replace('+', ''));
    return value >= range[0] && value <= range[1];
  }
  if (idType === 'uuid') return UUID.test(text);
  return text !== '' && !text.includes('\0') && Buffer.byteLength(text) <= MAX_TEXT_ID_BYTES;
}
