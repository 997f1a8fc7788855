import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * All packages that the project needs at run time, with their own dependencies, found as Node finds them, and sorted by name
 * and version.
 */
export function productionPackages(root) {
  const found = new Map();
  const visit = (directory) => {
    const { dependencies, optionalDependencies, peerDependencies } = manifestIn(directory);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      const place = resolve(name, directory);
      if (place === undefined && name in (dependencies ?? {}))
        throw new Error(`${name} is missing: run "yarn install"`);
      if (place === undefined || found.has(place)) continue; // optional dependencies may be absent
      found.set(place, manifestIn(place));
      visit(place);
    }
  };
  visit(root);
  // The same package may be installed in several places.
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
