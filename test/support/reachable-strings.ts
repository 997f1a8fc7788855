import { inspect } from 'node:util';

/**
 * Everything a value holds that could be printed: all texts that can be reached through its properties, whether they are
 * listed or not, symbols and accessors among them, and what `inspect` makes of it.
 */
export function reachableText(value: unknown): string {
  const found: string[] = [inspect(value, { depth: Infinity, showHidden: true, getters: true, maxStringLength: null })];
  const seen = new Set<unknown>();
  const open: unknown[] = [value];
  while (open.length > 0) {
    const one = open.pop();
    if (typeof one === 'string') found.push(one);
    if (one instanceof Uint8Array) found.push(Buffer.from(one.buffer).toString('latin1'));
    if ((typeof one !== 'object' && typeof one !== 'function') || one === null || seen.has(one)) continue;
    seen.add(one);
    if (one instanceof Map || one instanceof Set) open.push(...one.keys(), ...one.values());
    for (const key of Reflect.ownKeys(one)) {
      found.push(String(key));
      open.push((one as Record<string | symbol, unknown>)[key]);
    }
  }
  return found.join('\n');
}
