import { existsSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { run } from './run.js';

export interface Binaries {
  /** The directory of initdb, pg_ctl and postgres. */
  readonly directory: string;
  /** Such as `15.20`. */
  readonly version: string;
}

export interface SearchPlaces {
  /** The directories in PATH. */
  readonly path: readonly string[];
  /** Directories with one installation per child, and the path from the child to its binaries. */
  readonly installations: readonly (readonly [parent: string, child: RegExp, bin: string])[];
}

/** Debian, Red Hat, Homebrew on ARM and Intel, Postgres.app. */
const INSTALLATIONS: SearchPlaces['installations'] = [
  ['/usr/lib/postgresql', /^\d+$/, 'bin'],
  ['/usr', /^pgsql-\d+$/, 'bin'],
  ['/opt/homebrew/opt', /^postgresql(@\d+)?$/, 'bin'],
  ['/usr/local/opt', /^postgresql(@\d+)?$/, 'bin'],
  ['/Applications/Postgres.app/Contents/Versions', /^(\d+|latest)$/, 'bin'],
];

/**
 * Finds the newest installation that can create a cluster and has pgvector.
 *
 * @returns the binaries, or a message that says why there are none
 */
export async function findBinaries(
  places: SearchPlaces = { path: (process.env['PATH'] ?? '').split(delimiter), installations: INSTALLATIONS },
): Promise<{ binaries: Binaries; reason?: never } | { binaries?: never; reason: string }> {
  const found: Binaries[] = [];
  const without: string[] = [];
  for (const directory of await candidates(places)) {
    if (!['initdb', 'pg_ctl', 'postgres'].every((program) => existsSync(join(directory, program)))) continue;
    const version = /\d+(\.\d+)*/.exec(await run(join(directory, 'postgres'), ['--version']))?.[0] ?? '';
    if (await hasVector(directory)) found.push({ directory, version });
    else without.push(`${version} in ${directory}`);
  }
  const newest = found.sort((a, b) => Number.parseInt(b.version, 10) - Number.parseInt(a.version, 10))[0];
  if (newest !== undefined) return { binaries: newest };
  if (without.length > 0) return { reason: `PostgreSQL ${without.join(', ')} has no pgvector` };
  return { reason: 'no PostgreSQL is installed' };
}

async function candidates(places: SearchPlaces): Promise<Set<string>> {
  const directories = new Set<string>();
  const add = async (program: string) => {
    // The program in PATH may be a link into the installation.
    if (existsSync(program)) directories.add(dirname(await realpath(program)));
  };
  for (const directory of places.path.filter((entry) => entry !== '')) {
    await add(join(directory, 'postgres'));
    const config = join(directory, 'pg_config');
    if (existsSync(config)) await add(join(await ask(config, '--bindir'), 'postgres'));
  }
  for (const [parent, child, bin] of places.installations) {
    const children = existsSync(parent) ? await readdir(parent) : [];
    for (const name of children.filter((name) => child.test(name))) await add(join(parent, name, bin, 'postgres'));
  }
  return directories;
}

/** pg_config knows the directory of extensions, but it comes with the headers, which a server does not need. */
async function hasVector(directory: string): Promise<boolean> {
  const shares = [join(directory, '..', 'share'), join(directory, '..', 'share', 'postgresql')];
  const debian = /^\/usr\/lib\/postgresql\/(\d+)\/bin$/.exec(directory)?.[1];
  if (debian !== undefined) shares.push(`/usr/share/postgresql/${debian}`);
  const config = join(directory, 'pg_config');
  if (existsSync(config)) shares.push(await ask(config, '--sharedir'));
  return shares.some((share) => share !== '' && existsSync(join(share, 'extension', 'vector.control')));
}

async function ask(config: string, question: string): Promise<string> {
  try {
    return (await run(config, [question])).trim();
  } catch {
    return ''; // Debian's wrapper fails if the headers are not installed
  }
}
