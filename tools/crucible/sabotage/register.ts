import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { sabotageNamed, smallSlices, type Replacement } from './sabotages.js';

/**
 * Switches a guard of the worker off, or makes its slices small, by `node --import` before `dist/cli.js`. It changes the
 * source of a module while Node loads it, so the product needs no hook for it. The text to replace must occur exactly once,
 * or the worker does not start: otherwise an outdated sabotage would look like a guard that is not needed.
 */
const name = process.env['CRUCIBLE_SABOTAGE'] ?? '';
const slicePages = Number(process.env['CRUCIBLE_SLICE_PAGES'] ?? 0);
const replacements = [
  ...(name === '' ? [] : sabotageNamed(name).replacements),
  ...(slicePages === 0 ? [] : [smallSlices(slicePages)]),
];

registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context);
    const path = url.startsWith('file:') ? fileURLToPath(url) : '';
    const mine = replacements.filter(({ module }) => path.endsWith(`/dist/${module}`));
    if (mine.length === 0 || loaded.source === undefined || loaded.source === null) return loaded;
    const source =
      typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString('utf8');
    return { ...loaded, source: mine.reduce(apply, source) };
  },
});

function apply(source: string, { module, find, replace }: Replacement): string {
  const parts = source.split(find);
  if (parts.length === 2) return parts.join(replace);
  throw new Error(`crucible ${name}: expected once in dist/${module}, found ${parts.length - 1} times: ${find}`);
}
