import { existsSync, readFileSync } from 'node:fs';

/** package.json is beside `src` and `dist`, and one level higher for files compiled into `dist-tools`. */
const file = ['../../package.json', '../../../package.json']
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(url));

/** The version of this program. */
export const VERSION =
  file === undefined ? 'unknown' : (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
