import { existsSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { run } from './run.js';

export interface Binaries {
  /** Where initdb, pg_ctl and postgres are. */
  readonly directory: string;
  /** As they say, such as `15.20`. */
  readonly version: string;
}

export interface SearchPlaces {
  /** Directories as in PATH. */
  readonly path: readonly string[];
  /** Directories whose children hold an installation each, with the way from there to its binaries. */
  readonly installations: readonly (readonly [parent: string, child: RegExp, bin: string])[];
}

/** Debian, Red Hat, Homebrew on both kinds of Mac, Postgres.app. */
const INSTALLATIONS: SearchPlaces['installations'] = [
  ['/usr/lib/postgresql', /^\d+$/, 'bin'],
  ['/usr', /^pgsql-\d+$/, 'bin'],
  ['/opt/homebrew/opt', /^postgresql(@\d+)?$/, 'bin'],
  ['/usr/local/opt', /^postgresql(@\d+)?$/, 'bin'],
  ['/Applications/Postgres.app/Contents/Versions', /^(\d+|latest)$/, 'bin'],
];

/**
 * Looks for an installation that can open a cluster and has pgvector; the newest of several.
 *
 * @returns the binaries, or the reason why there are none, for people
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
    // The one on PATH may be a link into the installation.
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

/** pg_config knows where extensions are, but comes with the headers, which a server alone does without. */
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
    return ''; // Debian's wrapper fails where the package behind it is not installed
  }
}
