import { inspect } from 'node:util';

/** One of our errors contains only a few objects. More means that it refers to a request or a socket. */
const MAX_OBJECTS = 1_000;

/**
 * All text of a value that could be printed: every string that its properties lead to, including non-enumerable ones, symbols
 * and accessors, and the output of `inspect`.
 *
 * @throws Error if it refers to too many objects
 */
export function reachableText(value: unknown): string {
  const found: string[] = [];
  const seen = new Set<unknown>();
  const open: unknown[] = [value];
  while (open.length > 0) {
    const one = open.pop();
    if (typeof one === 'string') found.push(one);
    if ((typeof one !== 'object' && typeof one !== 'function') || one === null || seen.has(one)) continue;
    seen.add(one);
    if (seen.size > MAX_OBJECTS) throw new Error(`more than ${MAX_OBJECTS} objects can be reached`);
    if (one instanceof Uint8Array) found.push(Buffer.from(one.buffer).toString('latin1'));
    if (one instanceof Map || one instanceof Set) open.push(...one.keys(), ...one.values());
    for (const key of Reflect.ownKeys(one)) {
      found.push(String(key));
      open.push((one as Record<string | symbol, unknown>)[key]);
    }
  }
  found.push(inspect(value, { depth: Infinity, showHidden: true, getters: true, maxStringLength: null }));
  return found.join('\n');
}
