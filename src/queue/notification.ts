import { isBlockId } from '../blocks/block-id.js';

/**
 * What a notification asks for: a block, a sweep, or nothing that we understand. A payload may be read in several ways
 * where ids are texts: the table knows which of them is a block.
 */
export type Request =
  | { readonly kind: 'block'; readonly ids: readonly string[] }
  | { readonly kind: 'sweep' }
  | { readonly kind: 'unknown' };

/**
 * Reads a notification's payload: a block id, JSON with an `id` or `block_id`, or nothing. It can hold anything, since
 * every role of the database may notify; what is no id of a block is unknown, and the sweep misses nothing by it.
 *
 * @param idType the type of the id column
 */
export function readNotification(payload: string, idType: string): Request {
  const text = payload.trim();
  if (text === '') return { kind: 'sweep' };
  // As it is, first: a text id may have outer spaces, be quoted, or look like JSON.
  const readings = new Set([payload, text, idInJson(text)]);
  const ids = [...readings].filter((id) => id !== undefined).filter((id) => isBlockId(id, idType));
  return ids.length > 0 ? { kind: 'block', ids } : { kind: 'unknown' };
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
