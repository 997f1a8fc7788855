import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export function manifestOf(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
}

/** The directories of all packages in a `node_modules`, also of those nested in others. */
export function packagesIn(directory: string): string[] {
  const modules = join(directory, 'node_modules');
  if (!existsSync(modules)) return [];
  const names = readdirSync(modules).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(modules, name)).map((child) => `${name}/${child}`) : [name],
  );
  return names
    .map((name) => join(modules, name))
    .filter((path) => existsSync(join(path, 'package.json')))
    .flatMap((path) => [path, ...packagesIn(path)]);
}

/** The directories of all packages that the one here needs at run time, found as Node would. */
export function neededBy(root: string): Set<string> {
  const needed = new Set<string>();
  const visit = (directory: string) => {
    const { dependencies, optionalDependencies, peerDependencies } = manifestOf(directory);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      const found = find(name, directory, root);
      if (found === undefined || needed.has(found)) continue; // optional ones may be absent
      needed.add(found);
      visit(found);
    }
  };
  visit(root);
  return needed;
}

/** What all files below take, in bytes. */
export function sizeOf(directory: string): number {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

function find(name: string, from: string, root: string): string | undefined {
  for (let directory = from; directory.startsWith(root); directory = join(directory, '..')) {
    const path = join(directory, 'node_modules', name);
    if (existsSync(join(path, 'package.json'))) return path;
  }
  return undefined;
}
