import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../project-root.js';

/** Reads from the Dockerfile the environment that the image sets, including heap flags, so the bench measures what production runs. */
export function imageEnvironment(): Readonly<Record<string, string>> {
  const dockerfile = readFileSync(join(projectRoot(), 'Dockerfile'), 'utf8');
  const line = /^ENV (NODE_ENV=.*)$/m.exec(dockerfile)?.[1];
  if (line === undefined) throw new Error('the Dockerfile sets no NODE_ENV');
  const pairs = line.matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g);
  return Object.fromEntries([...pairs].map(([, name = '', quoted, bare = '']) => [name, quoted ?? bare]));
}
