import { existsSync, readFileSync } from 'node:fs';

/** package.json stands beside `src` and `dist`, and one level further up from what tests and bench compile. */
const file = ['../../package.json', '../../../package.json']
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(url));

/** The version of this program. */
export const VERSION =
  file === undefined ? 'unknown' : (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
