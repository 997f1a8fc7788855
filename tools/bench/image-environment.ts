import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../project-root.js';

/** The environment that the image sets, heap flags among it, so that what is measured is what runs. */
export function imageEnvironment(): Readonly<Record<string, string>> {
  const dockerfile = readFileSync(join(projectRoot(), 'Dockerfile'), 'utf8');
  const line = /^ENV (NODE_ENV=.*)$/m.exec(dockerfile)?.[1];
  if (line === undefined) throw new Error('the Dockerfile sets no NODE_ENV');
  const pairs = line.matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g);
  return Object.fromEntries([...pairs].map(([, name = '', quoted, bare = '']) => [name, quoted ?? bare]));
}
