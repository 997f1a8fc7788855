import { isBlockId } from '../blocks/block-id.js';

/**
 * Reads a notification's payload: a block id, or JSON with an `id` or `block_id`. It can hold anything, since every role
 * of the database may notify. It may be read in several ways where ids are texts: the table knows which of them is a block.
 *
 * @param idType the type of the id column
 * @returns what may be the block's id; empty where the payload names no block
 */
export function readNotification(payload: string, idType: string): readonly string[] {
  const text = payload.trim();
  if (text === '') return [];
  // As it is, first: a text id may have outer spaces, be quoted, or look like JSON.
  const readings = new Set([payload, text, idInJson(text)]);
  return [...readings].filter((id) => id !== undefined).filter((id) => isBlockId(id, idType));
}

/** JSON with its whole numbers as they are written: a bigint beyond 2^53 would lose its last digits. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text, asWritten) as unknown;
  } catch {
    return undefined; // not JSON: the caller decides what else it may be
  }
}

// The third argument is in V8 since Node 21 and not yet in TypeScript's library.
function asWritten(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? (context?.source ?? String(value)) : value;
}

function idInJson(text: string): string | undefined {
  if (!text.startsWith('{') && !text.startsWith('"')) return undefined;
  const value = parse(text);
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const id = 'block_id' in value ? value.block_id : 'id' in value ? value.id : undefined;
  return typeof id === 'string' ? id : undefined;
}
