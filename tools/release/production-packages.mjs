import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * All packages that the project needs at run time, those of its dependencies included, found as Node would find them;
 * sorted by name and version.
 */
export function productionPackages(root) {
  const found = new Map();
  const visit = (directory) => {
    const { dependencies, optionalDependencies, peerDependencies } = manifestIn(directory);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      const place = resolve(name, directory);
      if (place === undefined && name in (dependencies ?? {}))
        throw new Error(`${name} is missing: run "yarn install"`);
      if (place === undefined || found.has(place)) continue; // what is optional may be absent
      found.set(place, manifestIn(place));
      visit(place);
    }
  };
  visit(root);
  // The same one may lie in several places.
  const unique = new Map([...found.values()].map((manifest) => [`${manifest.name}@${manifest.version}`, manifest]));
  return [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, manifest]) => manifest);
}

function resolve(name, from) {
  for (let directory = from; ; directory = dirname(directory)) {
    const place = join(directory, 'node_modules', name);
    if (existsSync(join(place, 'package.json'))) return place;
    if (directory === dirname(directory)) return undefined;
  }
}

function manifestIn(directory) {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
}
