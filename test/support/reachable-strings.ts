import { inspect } from 'node:util';

/** An error of ours holds a handful; what holds more has a request or a socket somewhere, and with it half of the process. */
const MOST_OBJECTS = 1_000;

/**
 * Everything a value holds that could be printed: all texts that can be reached through its properties, whether they are
 * listed or not, symbols and accessors among them, and what `inspect` makes of it.
 *
 * @throws Error where it holds more than can be looked through
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
    if (seen.size > MOST_OBJECTS) throw new Error(`more than ${MOST_OBJECTS} objects can be reached`);
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
